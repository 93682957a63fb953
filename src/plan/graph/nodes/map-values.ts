import type { NodeBase, PlanNode } from "./node.ts";

/** Another value for each pair. Keeps keys and partitioning. */
export interface MapValuesNode extends NodeBase {
  readonly kind: "mapValues";
  readonly parent: PlanNode;
  readonly f: (value: any) => unknown;
}
