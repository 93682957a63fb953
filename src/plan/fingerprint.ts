import { createHash } from "node:crypto";
import { parentsOf } from "./nodes/node.ts";
import type { Graph } from "./plan-builder.ts";

/**
 * What driver and worker must agree on: kinds, names, connections and partitioning of all nodes and outputs. Never the text
 * of functions, which bundling changes.
 */
export function fingerprint(graph: Graph): string {
  const nodes = graph.nodes.map((node) => [
    node.kind,
    graph.names[node.id],
    parentsOf(node).map((parent) => parent.id),
    node.kind === "keyed" ? partitioningText(node.partitioning) : null,
  ]);
  const outputs = graph.outputs.map((output) => [output.kind, output.operator, output.node.id]);
  return createHash("sha256")
    .update(JSON.stringify([nodes, outputs]))
    .digest("hex");
}

function partitioningText(partitioning: { kind: string; numPartitions?: number | undefined }): string {
  return partitioning.kind === "hash" ? `hash ${partitioning.numPartitions ?? "default"}` : partitioning.kind;
}
