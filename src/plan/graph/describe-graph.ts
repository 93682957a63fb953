import type { Partitioning } from "../partitioner.ts";
import { parentsOf } from "./nodes/node.ts";
import type { SourceFeed } from "./nodes/source.ts";
import type { Graph } from "./plan-builder.ts";

/**
 * What driver and worker must agree on, a line for each node and output: kinds, names, connections and partitioning. Never the
 * text of functions, which bundling changes.
 */
export function describeGraph(graph: Graph): string[] {
  const nodes = graph.nodes.map((node) => {
    const parents = parentsOf(node).map((parent) => parent.id);
    const partitioning = "partitioning" in node ? ` by ${partitioningText(node.partitioning)}` : "";
    const window = node.kind === "window" ? ` over ${node.windowMs} every ${node.slideMs}` : "";
    const rows = node.kind === "source" ? rowsText(node.feed) : "";
    return `${node.kind} ${graph.names[node.id]} of [${parents.join(", ")}]${partitioning}${window}${rows}`;
  });
  return [...nodes, ...graph.outputs.map((output) => `output ${output.operator} of [${output.node.id}]`)];
}

function partitioningText(partitioning: Partitioning): string {
  const { numPartitions } = partitioning.kind === "custom" ? partitioning.partitioner : partitioning;
  return `${partitioning.kind} ${numPartitions ?? "default"}`;
}

/** Of rows that both must have alike. */
function rowsText(feed: SourceFeed): string {
  if (feed.kind === "literal") {
    const { partitions, numRows, crc } = feed.rows;
    return `: ${numRows} rows in ${partitions.length} partitions, checksum ${crc}`;
  }
  if (feed.kind !== "kafka" || feed.ranges === undefined) return "";
  const ranges = feed.ranges.map(
    ({ topic, partition, fromOffset, untilOffset }) => `${topic}-${partition} from ${fromOffset} to ${untilOffset}`,
  );
  return `: ${ranges.join(", ")}`;
}
