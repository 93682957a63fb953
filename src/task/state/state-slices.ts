import { statefulOperators } from "../../plan/graph/stateful-operators.ts";
import type { Plan } from "../../plan/plan.ts";
import { type Manifest, type StateSlice, sliceOf } from "../../state/manifest.ts";

/** The part of a manifest that a task needs: the state of its stage's operators in the buckets that its partition has. */
export function stateSlices(
  plan: Plan,
  manifest: Manifest,
  { stage, index, counts }: { readonly stage: number; readonly index: number; readonly counts: readonly number[] },
): StateSlice[] {
  return statefulOperators(plan.graph, plan.parallelism.buckets)
    .filter(({ node: { id } }) => plan.stages[id] === stage && index < (counts[id] as number))
    .map(({ operator, buckets, node }) => {
      const firstBucket = (partition: number): number => Math.ceil((partition * buckets) / (counts[node.id] as number));
      return sliceOf(manifest, operator, buckets, firstBucket(index), firstBucket(index + 1));
    });
}
