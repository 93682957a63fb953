import type { OffsetRange } from "../../kafka/types.ts";
import { LocalOperators } from "./local-operators.ts";
import type { PairRDD } from "./pair-rdd.ts";
import type { Partition } from "./partition.ts";

/**
 * An RDD whose rows are in this process. At run time it has the members of PairRDD, too; the types that programs see decide who
 * may call them.
 */
export class LocalRDD extends LocalOperators implements Record<keyof PairRDD<unknown, unknown>, unknown> {
  protected derive(partitions: readonly Partition[], offsetRanges?: readonly OffsetRange[]): LocalRDD {
    return new LocalRDD(partitions, offsetRanges);
  }
}
