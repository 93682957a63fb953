import type { NodeBase, PlanNode } from "./node.ts";

/** One row out for each row in. */
export interface MapNode extends NodeBase {
  readonly kind: "map";
  readonly parent: PlanNode;
  readonly f: (row: any) => unknown;
}
