import type { RowShape } from "../../row-shape.ts";
import type { NodeBase, PlanNode } from "./node.ts";

/** One row out for each row in. */
export interface MapNode extends NodeBase {
  readonly kind: "map";
  readonly parent: PlanNode;
  readonly f: (row: any) => unknown;
  /** What its rows are, where the operator knows it: the function is not the program's. */
  readonly gives?: RowShape;
}

/** Any number of rows out for each row in. */
export interface FlatMapNode extends NodeBase {
  readonly kind: "flatMap";
  readonly parent: PlanNode;
  readonly f: (row: any) => Iterable<unknown>;
  /** What its rows are, where the operator knows it: the function is not the program's. */
  readonly gives?: RowShape;
}

/** The rows that `f` accepts. Keeps keys and partitioning. */
export interface FilterNode extends NodeBase {
  readonly kind: "filter";
  readonly parent: PlanNode;
  readonly f: (row: any) => boolean;
}

/** Another value for each pair. Keeps keys and partitioning. */
export interface MapValuesNode extends NodeBase {
  readonly kind: "mapValues";
  readonly parent: PlanNode;
  readonly f: (value: any) => unknown;
}

/** Any number of values for each pair. Keeps keys and partitioning. */
export interface FlatMapValuesNode extends NodeBase {
  readonly kind: "flatMapValues";
  readonly parent: PlanNode;
  readonly f: (value: any) => Iterable<unknown>;
}
