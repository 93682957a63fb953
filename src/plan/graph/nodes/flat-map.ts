import type { RowShape } from "../../row-shape.ts";
import type { NodeBase, PlanNode } from "./node.ts";

/** Any number of rows out for each row in. */
export interface FlatMapNode extends NodeBase {
  readonly kind: "flatMap";
  readonly parent: PlanNode;
  readonly f: (row: any) => Iterable<unknown>;
  /** What its rows are, where the operator knows it: the function is not the program\'s. */
  readonly gives?: RowShape;
}
