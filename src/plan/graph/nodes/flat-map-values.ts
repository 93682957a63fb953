import type { NodeBase, PlanNode } from "./node.ts";

/** Any number of values for each pair. Keeps keys and partitioning. */
export interface FlatMapValuesNode extends NodeBase {
  readonly kind: "flatMapValues";
  readonly parent: PlanNode;
  readonly f: (value: any) => Iterable<unknown>;
}
