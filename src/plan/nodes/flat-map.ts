import type { NodeBase, PlanNode } from "./node.ts";

/** Any number of rows out for each row in. */
export interface FlatMapNode extends NodeBase {
  readonly kind: "flatMap";
  readonly parent: PlanNode;
  readonly f: (row: any) => Iterable<unknown>;
}
