import { type Block, encodeRows } from "../../codec/block.ts";
import type { SourceInput } from "../../task/task-spec.ts";
import type { SourceBatch } from "../source-driver.ts";

/** Rows cut into partitions of almost equal size, in order, as Spark's parallelize does: slice i is [i·n ÷ p, (i+1)·n ÷ p). */
export function sliceRows(source: number, rows: readonly unknown[], numPartitions: number): SourceBatch {
  const inputs: SourceInput[] = Array.from({ length: numPartitions }, (_, partition) => {
    const from = Math.floor((partition * rows.length) / numPartitions);
    const until = Math.floor(((partition + 1) * rows.length) / numPartitions);
    const blocks: Block[] = from === until ? [] : [encodeRows(rows.slice(from, until))];
    return { kind: "rows", source, partition, blocks };
  });
  return { inputs, numRecords: rows.length, offsetRanges: [] };
}
