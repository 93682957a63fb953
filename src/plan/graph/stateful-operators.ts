import type { StatefulOperator } from "../../state/manifest.ts";
import { keptPartitioning } from "../kept-partitioning.ts";
import type { KeyedNode } from "./nodes/keyed.ts";
import type { PlanNode } from "./nodes/node.ts";
import type { WindowNode } from "./nodes/window.ts";
import type { Graph } from "./plan-builder.ts";

/**
 * Buckets of a window whose rows have no place by key: each task has a range of them and keeps its panes in the first, so that
 * another number of partitions finds all panes of an earlier run. The number is part of the checkpoint format.
 */
const rowBuckets = 1 << 16;

export type StatefulNode = KeyedNode | WindowNode;

/** Whether a node keeps something from batch to batch. */
export function isStatefulNode(node: PlanNode): node is StatefulNode {
  return node.kind === "window" || (node.kind === "keyed" && node.update !== undefined);
}

/** The operators of a graph that keep state. `hashBuckets` is the job's number; a custom partitioner's partitions are buckets themselves. */
export function statefulOperators(
  graph: Graph,
  hashBuckets: number,
): (StatefulOperator & { readonly node: StatefulNode })[] {
  return graph.nodes.filter(isStatefulNode).map((node) => {
    return { operator: graph.names[node.id] as string, buckets: bucketsOf(node, hashBuckets), node };
  });
}

function bucketsOf(node: StatefulNode, hashBuckets: number): number {
  const partitioning = keptPartitioning(node);
  if (partitioning?.kind === "custom") return partitioning.partitioner.numPartitions;
  return partitioning?.kind === "hash" ? hashBuckets : rowBuckets;
}
