import { statefulOperators } from "../../plan/graph/stateful-operators.ts";
import type { Plan } from "../../plan/plan.ts";
import { type Manifest, type StateSlice, sliceOf } from "../../state/manifest.ts";

/** The part of a manifest that a task needs: the state of its level's operators in the buckets that its partition has. */
export function stateSlices(
  plan: Plan,
  manifest: Manifest,
  { level, index, counts }: { readonly level: number; readonly index: number; readonly counts: readonly number[] },
): StateSlice[] {
  return statefulOperators(plan.graph, plan.parallelism.buckets)
    .filter(({ node: { id } }) => plan.levels[id] === level && index < (counts[id] as number))
    .map(({ operator, buckets, node }) => {
      const firstBucket = (partition: number): number => Math.ceil((partition * buckets) / (counts[node.id] as number));
      return sliceOf(manifest, operator, buckets, firstBucket(index), firstBucket(index + 1));
    });
}
