import type { NarrowNode, PlanNode } from "./graph/nodes/node.ts";
import type { WindowNode } from "./graph/nodes/window.ts";
import type { Partitioning } from "./partitioner.ts";

/** Operators behind which pairs are where they were, with their keys. */
export function keepsPartitioning(node: PlanNode): node is NarrowNode | WindowNode {
  const { kind } = node;
  return kind === "filter" || kind === "mapValues" || kind === "flatMapValues" || kind === "window";
}

/** How the rows of a node are known to be placed, as the program says it. */
export function keptPartitioning(node: PlanNode): Partitioning | undefined {
  if ("partitioning" in node) return node.partitioning;
  return keepsPartitioning(node) ? keptPartitioning(node.parent) : undefined;
}
