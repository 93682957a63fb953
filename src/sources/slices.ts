import { encodeRows } from "../codec/block.ts";
import type { SourceBatch } from "./source-driver.ts";
import type { SourceInput } from "./source-input.ts";

/** Rows cut into partitions of almost equal size, in order, as Spark's parallelize does: slice i is [i·n ÷ p, (i+1)·n ÷ p). */
export function sliceRows(source: number, rows: readonly unknown[], numPartitions: number): SourceBatch {
  const bound = (partition: number): number => Math.floor((partition * rows.length) / numPartitions);
  const slices = Array.from({ length: numPartitions }, (_, i) => rows.slice(bound(i), bound(i + 1)));
  return batchOf(source, slices);
}

/** A source's part of a batch: rows by partition. */
export function batchOf(source: number, partitions: readonly (readonly unknown[])[]): SourceBatch {
  const inputs = partitions.map((rows, partition): SourceInput => {
    return { kind: "rows", source, partition, blocks: rows.length === 0 ? [] : [encodeRows(rows)] };
  });
  return { inputs, numRecords: partitions.reduce((sum, { length }) => sum + length, 0), offsetRanges: [] };
}
