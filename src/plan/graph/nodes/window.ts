import type { NodeBase, PlanNode } from "./node.ts";

/**
 * The rows that the parent had in its batches within (t − windowMs, t], at each multiple of its own slide. What is kept are
 * panes, the rows of one batch in one partition, in the state of the operator, also in batches in which the window itself has
 * no RDD. Keeps keys and partitioning.
 *
 * `changes`: not the rows of the window, but which pairs entered it and which left it since it had its last RDD, as
 * `[key, [hasEntered, value]]`.
 */
export interface WindowNode extends NodeBase {
  readonly kind: "window";
  readonly parent: PlanNode;
  readonly windowMs: number;
  readonly emits: "rows" | "changes";
}
