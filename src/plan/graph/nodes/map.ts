import type { RowShape } from "../../row-shape.ts";
import type { NodeBase, PlanNode } from "./node.ts";

/** One row out for each row in. */
export interface MapNode extends NodeBase {
  readonly kind: "map";
  readonly parent: PlanNode;
  readonly f: (row: any) => unknown;
  /** What its rows are, where the operator knows it: the function is not the program\'s. */
  readonly gives?: RowShape;
}
