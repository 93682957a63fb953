import { DStreamError } from "../errors/dstream-error.ts";

/** How many partitions a shuffle has, or a partitioner of the user's own. */
export type Partitioner<K> = number | { readonly numPartitions: number; getPartition(key: K): number };

/**
 * Where the rows of a keyed node live. `hash` without a count takes the job's default parallelism when the job starts.
 * Two hash partitionings with the same count are equal, a custom one only to itself; equal partitionings need no shuffle.
 */
export type Partitioning =
  | { readonly kind: "hash"; readonly numPartitions: number | undefined }
  | { readonly kind: "custom"; readonly partitioner: Exclude<Partitioner<any>, number> };

/** @throws INVALID_OPTION when the number of partitions is not a positive integer. */
export function partitioningOf(partitioner: Partitioner<any> | undefined): Partitioning {
  if (partitioner === undefined) return { kind: "hash", numPartitions: undefined };
  const count = typeof partitioner === "number" ? partitioner : partitioner.numPartitions;
  if (!Number.isInteger(count) || count < 1) {
    throw new DStreamError("INVALID_OPTION", `numPartitions must be a positive integer, not ${count}`);
  }
  return typeof partitioner === "number" ? { kind: "hash", numPartitions: count } : { kind: "custom", partitioner };
}

export function samePartitioning(a: Partitioning, b: Partitioning): boolean {
  if (a.kind === "hash") return b.kind === "hash" && a.numPartitions === b.numPartitions;
  return b.kind === "custom" && a.partitioner === b.partitioner;
}
