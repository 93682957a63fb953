import type { KeyedNode } from "./nodes/keyed.ts";
import { type PlanNode, parentsOf } from "./nodes/node.ts";
import type { UnionNode } from "./nodes/union.ts";
import { type Partitioning, samePartitioning } from "./partitioner.ts";
import type { Graph } from "./plan-builder.ts";

/** A way of rows from one level to a later one. All edges between two levels travel in one shuffle. */
export interface Edge {
  readonly id: number;
  readonly from: PlanNode;
  readonly fromLevel: number;
  readonly toLevel: number;
  /** By key to a keyed node, or partition by partition to a union whose other parents are at a later level. */
  readonly to:
    | { readonly kind: "keyed"; readonly node: KeyedNode }
    | { readonly kind: "union"; readonly node: UnionNode; readonly parentIndex: number };
}

/** What driver and workers must agree on besides the graph; decided when the job starts and fixed while it runs. */
export interface Parallelism {
  /** Partitions of a shuffle that names none; undefined: the larger of its parent's partitions and the slots. */
  readonly defaultParallelism: number | undefined;
  /** Tasks that the cluster runs at once. */
  readonly slots: number;
  /** Partitions of each source when the job starts, by node id. */
  readonly sourcePartitions: Readonly<Record<number, number>>;
  /** Buckets of keyed state. */
  readonly buckets: number;
}

/** A graph cut into levels at its shuffles. */
export interface Plan {
  readonly graph: Graph;
  readonly parallelism: Parallelism;
  readonly numLevels: number;
  /** By node id. */
  readonly levels: readonly number[];
  /** Where the keys of a node's rows are known to live; by node id. Keyed nodes: with the number of partitions decided. */
  readonly partitionings: readonly (Partitioning | undefined)[];
  readonly edges: readonly Edge[];
}

export function numPartitionsOf(partitioning: Partitioning): number {
  return partitioning.kind === "hash" ? (partitioning.numPartitions ?? 1) : partitioning.partitioner.numPartitions;
}

/**
 * Cuts a graph into levels. A keyed node begins a level behind its parent's unless its parent's keys already live where it
 * wants them; a union is at the level of its latest parent. Deterministic: driver and workers cut alike.
 */
export function cutIntoLevels(graph: Graph, parallelism: Parallelism): Plan {
  const levels: number[] = [];
  const partitionings: (Partitioning | undefined)[] = [];
  const counts: number[] = [];
  const edges: Edge[] = [];
  for (const node of graph.nodes) {
    const parents = parentsOf(node);
    const latest = Math.max(0, ...parents.map((parent) => levels[parent.id] as number));
    levels[node.id] = latest;
    counts[node.id] = parents.reduce((sum, parent) => sum + (counts[parent.id] as number), 0);
    if (node.kind === "source") {
      counts[node.id] = parallelism.sourcePartitions[node.id] ?? 0;
    } else if (node.kind === "union") {
      node.parents.forEach((from, parentIndex) => {
        const fromLevel = levels[from.id] as number;
        if (fromLevel < latest) {
          edges.push({ id: edges.length, from, fromLevel, toLevel: latest, to: { kind: "union", node, parentIndex } });
        }
      });
    } else if (node.kind === "keyed") {
      const wanted = resolve(node.partitioning, counts[node.id] as number, parallelism);
      const present = partitionings[node.parent.id];
      if (present === undefined || !samePartitioning(present, wanted)) {
        const toLevel = latest + 1;
        levels[node.id] = toLevel;
        edges.push({ id: edges.length, from: node.parent, fromLevel: latest, toLevel, to: { kind: "keyed", node } });
      }
      partitionings[node.id] = wanted;
      counts[node.id] = numPartitionsOf(wanted);
    } else if (node.kind === "filter" || node.kind === "mapValues" || node.kind === "flatMapValues") {
      partitionings[node.id] = partitionings[node.parent.id];
    }
  }
  return { graph, parallelism, numLevels: Math.max(0, ...levels) + 1, levels, partitionings, edges };
}

function resolve(wanted: Partitioning, parentPartitions: number, parallelism: Parallelism): Partitioning {
  if (wanted.kind === "custom" || wanted.numPartitions !== undefined) return wanted;
  const numPartitions = parallelism.defaultParallelism ?? Math.max(parentPartitions, parallelism.slots);
  return { kind: "hash", numPartitions };
}

/** Partitions of every node in a batch, by node id, from the partitions its sources have in that batch. */
export function partitionCounts(plan: Plan, sourcePartitions: Readonly<Record<number, number>>): number[] {
  const counts: number[] = [];
  for (const node of plan.graph.nodes) {
    if (node.kind === "source") counts.push(sourcePartitions[node.id] ?? 0);
    else if (node.kind === "keyed") counts.push(numPartitionsOf(plan.partitionings[node.id] as Partitioning));
    else counts.push(parentsOf(node).reduce((sum, parent) => sum + (counts[parent.id] as number), 0));
  }
  return counts;
}

/** Tasks of a level behind the first: one for each partition of the widest node that begins there. */
export function numTasks(plan: Plan, level: number, counts: readonly number[]): number {
  return plan.edges
    .filter((edge) => edge.toLevel === level)
    .reduce(
      (widest, edge) => Math.max(widest, counts[edge.to.kind === "keyed" ? edge.to.node.id : edge.from.id] as number),
      0,
    );
}

/** Whether keyed state is kept by any operator. */
export function isStateful(graph: Graph): boolean {
  return graph.nodes.some((node) => node.kind === "keyed" && node.update !== undefined);
}
