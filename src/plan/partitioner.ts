import { invalidOption, propertyOf } from "../errors/checks/check-options.ts";

/** How many partitions a shuffle has, or a partitioner of the user's own. */
export type Partitioner<K> = number | { readonly numPartitions: number; getPartition(key: K): number };

/** How a shuffle places pairs: `hash` without a count takes the job's default parallelism when the job starts, `custom` asks the user. */
export type KeyPartitioning =
  | { readonly kind: "hash"; readonly numPartitions: number | undefined }
  | { readonly kind: "custom"; readonly partitioner: Exclude<Partitioner<any>, number> };

/** How a shuffle places rows: by key, or `in turns`, which deals the rows of each partition out to all, whatever they are. */
export type Partitioning = KeyPartitioning | { readonly kind: "in turns"; readonly numPartitions: number };

/** @throws INVALID_OPTION when the number of partitions is not a positive integer, or the partitioner is none. */
export function partitioningOf(partitioner: Partitioner<any> | undefined): KeyPartitioning {
  if (partitioner === undefined) return { kind: "hash", numPartitions: undefined };
  if (typeof partitioner === "number") return { kind: "hash", numPartitions: checkNumPartitions(partitioner) };
  if (typeof propertyOf(partitioner, "getPartition") !== "function") {
    const allowed = "a number of partitions, or an object with numPartitions and getPartition()";
    throw invalidOption("a partitioner", partitioner, allowed);
  }
  checkNumPartitions(partitioner.numPartitions);
  return { kind: "custom", partitioner };
}

/** @throws INVALID_OPTION when it is not a positive integer. */
export function checkNumPartitions(count: number): number {
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw invalidOption("numPartitions", count, "a positive integer");
}

/**
 * Whether equal keys are in the same partition of both, so that nothing needs to move: two hash partitionings with the same
 * count, or one custom partitioner.
 */
export function samePartitioning(a: Partitioning, b: Partitioning): boolean {
  if (a.kind === "hash") return b.kind === "hash" && a.numPartitions === b.numPartitions;
  return a.kind === "custom" && b.kind === "custom" && a.partitioner === b.partitioner;
}
