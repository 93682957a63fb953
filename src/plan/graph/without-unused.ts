import { type PlanNode, parentsOf } from "./nodes/node.ts";
import type { SourceNode } from "./nodes/source.ts";
import type { Graph } from "./plan-builder.ts";

/**
 * The graph with what `wanted` nodes need, by default those of its outputs. As in Spark nothing else runs, so that it cannot fail a batch and keeps no state; sources
 * are started all the same. Ids and names stay what they are: in place of a node that is left out stands a source without rows.
 */
export function withoutUnused(
  graph: Graph,
  wanted: readonly PlanNode[] = graph.outputs.map(({ node }) => node),
): Graph {
  const needed = neededFor(wanted);
  const nodes = graph.nodes.map((node) => (needed.has(node) || node.kind === "source" ? node : withoutRows(node)));
  return { ...graph, nodes };
}

/** Nodes, and all those that their rows come from. */
export function neededFor(wanted: readonly PlanNode[]): ReadonlySet<PlanNode> {
  const needed = new Set<PlanNode>();
  for (const node of wanted) markNeeded(node, needed);
  return needed;
}

function markNeeded(node: PlanNode, needed: Set<PlanNode>): void {
  if (needed.has(node)) return;
  needed.add(node);
  for (const parent of parentsOf(node)) markNeeded(parent, needed);
}

function withoutRows({ id, operator, site, slideMs }: PlanNode): SourceNode {
  return { kind: "source", id, operator, site, slideMs, feed: { kind: "rows" } };
}
