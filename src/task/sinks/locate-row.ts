import type { Partitioning } from "../../plan/partitioner.ts";
import { asPair } from "../errors/no-pair.ts";
import { keyLocator } from "./keyed/locate-key.ts";

/**
 * The partition behind a shuffle of each row of `partition`, called in order. In turns it begins at the partition's own number,
 * so that many partitions of few rows do not all fill the first.
 */
export function rowLocator(partitioning: Partitioning, buckets: number, partition: number): (row: any) => number {
  if (partitioning.kind === "in turns") {
    const { numPartitions } = partitioning;
    let next = partition % numPartitions;
    return () => {
      const target = next;
      next = target + 1 === numPartitions ? 0 : target + 1;
      return target;
    };
  }
  const locate = keyLocator(partitioning, buckets);
  return (row) => locate(asPair(row)[0]);
}
