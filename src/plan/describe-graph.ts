import { parentsOf } from "./nodes/node.ts";
import type { Graph } from "./plan-builder.ts";

/**
 * What driver and worker must agree on, a line for each node and output: kinds, names, connections and partitioning. Never the
 * text of functions, which bundling changes.
 */
export function describeGraph(graph: Graph): string[] {
  const nodes = graph.nodes.map((node) => {
    const parents = parentsOf(node).map((parent) => parent.id);
    const partitioning = node.kind === "keyed" ? ` by ${partitioningText(node.partitioning)}` : "";
    return `${node.kind} ${graph.names[node.id]} of [${parents.join(", ")}]${partitioning}`;
  });
  return [...nodes, ...graph.outputs.map((output) => `output ${output.operator} of [${output.node.id}]`)];
}

function partitioningText(partitioning: { kind: string; numPartitions?: number | undefined }): string {
  return partitioning.kind === "hash" ? `hash ${partitioning.numPartitions ?? "default"}` : partitioning.kind;
}
