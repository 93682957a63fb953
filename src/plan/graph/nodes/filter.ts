import type { NodeBase, PlanNode } from "./node.ts";

/** The rows that `f` accepts. Keeps keys and partitioning. */
export interface FilterNode extends NodeBase {
  readonly kind: "filter";
  readonly parent: PlanNode;
  readonly f: (row: any) => boolean;
}
