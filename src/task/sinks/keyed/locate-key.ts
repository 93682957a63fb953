import { DStreamError } from "../../../errors/dstream-error.ts";
import { atOnce } from "../../../errors/user-code/at-once.ts";
import { canonicalKey } from "../../../keys/canonical-key.ts";
import { hashKey } from "../../../keys/hash-key.ts";
import type { KeyPartitioning } from "../../../plan/partitioner.ts";
import { numPartitionsOf } from "../../../plan/plan.ts";

/**
 * The partition of a key: bucket × partitions ÷ buckets, so that a partition owns whole buckets; or the user's choice.
 * Of one partition, too, keys are looked at where their rows are made. The function throws KEY_NOT_CANONICAL, INVALID_OPTION.
 */
export function keyLocator(partitioning: KeyPartitioning, buckets: number): (key: unknown) => number {
  const count = numPartitionsOf(partitioning);
  if (partitioning.kind === "hash") {
    if (count === 1) return onlyPartition;
    return (key) => Math.floor(((hashKey(key) % buckets) * count) / buckets);
  }
  const { partitioner } = partitioning;
  return (key) => {
    const partition = partitioner.getPartition(canonicalKey(key));
    if (Number.isInteger(partition) && partition >= 0 && partition < count) return partition;
    atOnce(partition);
    const seen = typeof partition === "number" ? partition : `something of type ${typeof partition}`;
    const text = `getPartition returned ${seen}; it must be an integer from 0 to ${count - 1}`;
    throw new DStreamError("INVALID_OPTION", text);
  };
}

function onlyPartition(key: unknown): number {
  canonicalKey(key);
  return 0;
}
