import type { Partitioning } from "../../partitioner.ts";
import type { NodeBase, PlanNode } from "./node.ts";

/** The same rows in other partitions: pairs by their keys, or any rows in turns. */
export interface RepartitionNode extends NodeBase {
  readonly kind: "repartition";
  readonly parent: PlanNode;
  readonly partitioning: Partitioning;
}
