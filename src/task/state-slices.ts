import type { Partitioning } from "../plan/partitioner.ts";
import { numPartitionsOf, type Plan } from "../plan/plan.ts";
import { type Manifest, type StateSlice, sliceOf } from "../state/manifest.ts";

/** The part of a manifest that a task needs: the state of its level's operators in its partition. */
export function stateSlices(
  plan: Plan,
  manifest: Manifest,
  { level, index, counts }: { readonly level: number; readonly index: number; readonly counts: readonly number[] },
): StateSlice[] {
  return plan.graph.nodes
    .filter((node) => node.kind === "keyed" && node.update !== undefined)
    .filter(({ id }) => plan.levels[id] === level && index < (counts[id] as number))
    .map(({ id }) => {
      const { buckets, from, until } = bucketsOf(
        plan.partitionings[id] as Partitioning,
        plan.parallelism.buckets,
        index,
      );
      return sliceOf(manifest, plan.graph.names[id] as string, buckets, from, until);
    });
}

/** The buckets whose keys a partition has, `from` to `until` without the last. A custom partitioner's partitions are buckets themselves. */
export function bucketsOf(
  partitioning: Partitioning,
  hashBuckets: number,
  partition: number,
): { readonly buckets: number; readonly from: number; readonly until: number } {
  const count = numPartitionsOf(partitioning);
  const buckets = partitioning.kind === "hash" ? hashBuckets : count;
  const first = (of: number): number => Math.ceil((of * buckets) / count);
  return { buckets, from: first(partition), until: first(partition + 1) };
}
