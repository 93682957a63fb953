import type { StatefulOperator } from "../state/manifest.ts";
import type { KeyedNode } from "./nodes/keyed.ts";
import type { Graph } from "./plan-builder.ts";

/** The operators of a graph that keep state. `hashBuckets` is the job's number; a custom partitioner's partitions are buckets themselves. */
export function statefulOperators(
  graph: Graph,
  hashBuckets: number,
): (StatefulOperator & { readonly node: KeyedNode })[] {
  return graph.nodes.flatMap((node) => {
    if (node.kind !== "keyed" || node.update === undefined) return [];
    const { partitioning } = node;
    const buckets = partitioning.kind === "custom" ? partitioning.partitioner.numPartitions : hashBuckets;
    return [{ operator: graph.names[node.id] as string, buckets, node }];
  });
}
