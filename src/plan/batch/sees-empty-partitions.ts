import { parentsOf } from "../graph/nodes/node.ts";
import type { SourceNode } from "../graph/nodes/source.ts";
import type { Plan } from "../plan.ts";

/**
 * Whether it makes a difference that a partition of a source is run although it has no rows: a function that is called once a
 * partition is called then, too. Behind a shuffle the partitions are others.
 */
export function seesEmptyPartitions(plan: Plan, source: SourceNode): boolean {
  const reached = new Set<unknown>([source]);
  for (const node of plan.graph.nodes) {
    if (plan.stages[node.id] !== plan.stages[source.id] || !parentsOf(node).some((parent) => reached.has(parent)))
      continue;
    if (node.kind === "mapPartitions") return true;
    reached.add(node);
  }
  return plan.graph.outputs.some((output) => output.kind === "partition" && reached.has(output.node));
}
