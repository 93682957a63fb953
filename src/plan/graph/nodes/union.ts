import type { NodeBase, PlanNode } from "./node.ts";

/** The rows of all parents. Its partitions are the parents' partitions, one parent after the other. */
export interface UnionNode extends NodeBase {
  readonly kind: "union";
  readonly parents: readonly PlanNode[];
}
