import { DStreamError } from "../../errors/dstream-error.ts";
import type { OffsetRange } from "../../kafka/types.ts";

/** The offset ranges of an RDD; undefined where its partitions are not those of a source. @throws ILLEGAL_STATE for these, as Spark's cast does. */
export function knownRanges(ranges: readonly OffsetRange[] | undefined): readonly OffsetRange[] {
  if (ranges !== undefined) return ranges;
  const text =
    "this RDD has no offset ranges: a shuffle, window, union or other operator that moves rows lies between it and its source. Read offsetRanges in the first transform() or foreachRDD() of the stream, before these";
  throw new DStreamError("ILLEGAL_STATE", text);
}
