import type { BatchGraph } from "../../batch/batch-graph.ts";
import type { NodeBase, PlanNode } from "./node.ts";

/**
 * Stands for the nodes that a function of the program builds anew for each batch, behind the batch's own `parents`. It is never
 * run: `expandPlan` puts those nodes in its place.
 */
export interface TransformNode extends NodeBase {
  readonly kind: "transform";
  readonly parents: readonly PlanNode[];
  readonly build: (parents: readonly PlanNode[], batch: BatchGraph) => PlanNode;
}
