import type { Partitioning } from "../plan/partitioner.ts";
import { numPartitionsOf, type Plan } from "../plan/plan.ts";
import { statefulOperators } from "../plan/stateful-operators.ts";
import { type Manifest, type StateSlice, sliceOf } from "../state/manifest.ts";

/** The part of a manifest that a task needs: the state of its level's operators in the buckets whose keys its partition has. */
export function stateSlices(
  plan: Plan,
  manifest: Manifest,
  { level, index, counts }: { readonly level: number; readonly index: number; readonly counts: readonly number[] },
): StateSlice[] {
  return statefulOperators(plan.graph, plan.parallelism.buckets)
    .filter(({ node: { id } }) => plan.levels[id] === level && index < (counts[id] as number))
    .map(({ operator, buckets, node }) => {
      const count = numPartitionsOf(plan.partitionings[node.id] as Partitioning);
      const firstBucket = (partition: number): number => Math.ceil((partition * buckets) / count);
      return sliceOf(manifest, operator, buckets, firstBucket(index), firstBucket(index + 1));
    });
}
