import type { RowShape } from "../../row-shape.ts";
import type { NodeBase, PlanNode } from "./node.ts";

/** What a function that sees whole partitions is told of the task it runs in. */
export interface TaskInfo {
  readonly batchTime: number;
  readonly partition: number;
  readonly attempt: number;
}

/** One call for all rows of a partition, also of an empty one. The rows of one partition of the batch are held in memory. */
export interface MapPartitionsNode extends NodeBase {
  readonly kind: "mapPartitions";
  readonly parent: PlanNode;
  readonly f: (rows: Iterable<any>, task: TaskInfo) => Iterable<unknown> | Promise<Iterable<unknown>>;
  /** What its rows are, where the operator knows it: the function is not the program's. */
  readonly gives?: RowShape;
}
