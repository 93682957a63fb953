import { type PlanNode, parentsOf, type WideNode } from "./graph/nodes/node.ts";
import type { Graph } from "./graph/plan-builder.ts";
import { isStatefulNode } from "./graph/stateful-operators.ts";
import { keepsPartitioning } from "./kept-partitioning.ts";
import { type Partitioning, samePartitioning } from "./partitioner.ts";

/** A way of rows from one stage to a later one. All edges between two stages travel in one shuffle. */
export interface Edge {
  readonly id: number;
  readonly from: PlanNode;
  readonly fromStage: number;
  /** Into a union or a window rows go partition by partition, into the other nodes as these are partitioned. */
  readonly to: WideNode;
  readonly toStage: number;
  /** Which of the parents of `to` the rows come from. */
  readonly input: number;
}

/** What driver and workers must agree on besides the graph; decided when the job starts and fixed while it runs. */
export interface Parallelism {
  /** Partitions of a shuffle that names none; undefined: the larger of its parents' partitions and the slots. */
  readonly defaultParallelism: number | undefined;
  /** Tasks that the cluster runs at once. */
  readonly slots: number;
  /** Partitions of each source when the job starts, by node id. */
  readonly sourcePartitions: Readonly<Record<number, number>>;
  /** Buckets of keyed state. */
  readonly buckets: number;
}

/** A graph cut into stages at its shuffles. */
export interface Plan {
  readonly graph: Graph;
  readonly parallelism: Parallelism;
  readonly numStages: number;
  /** By node id. */
  readonly stages: readonly number[];
  /** How a node's rows are known to be placed, with the number of partitions decided; by node id. */
  readonly partitionings: readonly (Partitioning | undefined)[];
  /** Partitions of each node when the job starts, by node id. */
  readonly counts: readonly number[];
  readonly edges: readonly Edge[];
}

export function numPartitionsOf(partitioning: Partitioning): number {
  return partitioning.kind === "custom" ? partitioning.partitioner.numPartitions : (partitioning.numPartitions ?? 1);
}

/**
 * Cuts a graph into stages. A node is at the stage of its latest parent, or behind it where that parent's rows have to be
 * shuffled; rows of a parent at an earlier stage come over an edge. Deterministic: driver and workers cut alike.
 */
export function cutIntoStages(graph: Graph, parallelism: Parallelism): Plan {
  const stages: number[] = [];
  const partitionings: (Partitioning | undefined)[] = [];
  const counts: number[] = [];
  const inTasks: boolean[] = [];
  const edges: Edge[] = [];
  for (const node of graph.nodes) {
    const parents = parentsOf(node);
    const partitioning = partitioningAt(node, partitionings, counts, parallelism);
    const earliest = parents.map((parent) => {
      const isMoved =
        node.kind === "window"
          ? !inTasks[parent.id]
          : "partitioning" in node && !staysInPlace(partitionings[parent.id], partitioning);
      return (stages[parent.id] as number) + (isMoved ? 1 : 0);
    });
    const stage = Math.max(0, ...earliest);
    for (const [input, from] of parents.entries()) {
      const fromStage = stages[from.id] as number;
      if (fromStage < stage)
        edges.push({ id: edges.length, from, fromStage, to: node as WideNode, toStage: stage, input });
    }
    stages.push(stage);
    partitionings.push(partitioning);
    counts.push(countAt(node, partitionings, counts, parallelism.sourcePartitions));
    inTasks.push(isInTask(node, inTasks));
  }
  return { graph, parallelism, numStages: Math.max(0, ...stages) + 1, stages, partitionings, counts, edges };
}

/**
 * Whether the rows of partition i are in task i, where the state of partition i is. Tasks of the first stage run in any order
 * and anywhere, and a union's partitions are counted through its parents.
 */
function isInTask(node: PlanNode, inTasks: readonly boolean[]): boolean {
  if (node.kind === "source" || node.kind === "union" || node.kind === "transform") return false;
  return "partitioning" in node || node.kind === "window" || (inTasks[node.parent.id] as boolean);
}

function staysInPlace(present: Partitioning | undefined, wanted: Partitioning | undefined): boolean {
  return present !== undefined && wanted !== undefined && samePartitioning(present, wanted);
}

/** Partitionings and counts are those of the nodes before. */
function partitioningAt(
  node: PlanNode,
  partitionings: readonly (Partitioning | undefined)[],
  counts: readonly number[],
  { defaultParallelism, slots }: Parallelism,
): Partitioning | undefined {
  if ("partitioning" in node) {
    const wanted = node.partitioning;
    if (wanted.kind !== "hash" || wanted.numPartitions !== undefined) return wanted;
    const widest = Math.max(...parentsOf(node).map((parent) => counts[parent.id] as number));
    return { kind: "hash", numPartitions: defaultParallelism ?? Math.max(widest, slots) };
  }
  return keepsPartitioning(node) ? partitionings[node.parent.id] : undefined;
}

function countAt(
  node: PlanNode,
  partitionings: readonly (Partitioning | undefined)[],
  counts: readonly number[],
  sourcePartitions: Readonly<Record<number, number>>,
): number {
  if (node.kind === "source") return sourcePartitions[node.id] ?? 0;
  const partitioning = partitionings[node.id];
  if (partitioning !== undefined) return numPartitionsOf(partitioning);
  if (node.kind === "window") return Math.max(1, counts[node.parent.id] as number);
  return parentsOf(node).reduce((sum, parent) => sum + (counts[parent.id] as number), 0);
}

/**
 * Partitions of every node in a batch, by node id, from the partitions its sources have in that batch. Those of a window stay as
 * they were when the job started, since they hold its panes; more partitions share them.
 */
export function partitionCounts(plan: Plan, sourcePartitions: Readonly<Record<number, number>>): number[] {
  const counts: number[] = [];
  for (const node of plan.graph.nodes) {
    const fixed = node.kind === "window" ? plan.counts[node.id] : undefined;
    counts.push(fixed ?? countAt(node, plan.partitionings, counts, sourcePartitions));
  }
  return counts;
}

/** Partitions that rows arrive in over an edge. */
export function partitionsBehind({ from, to }: Edge, counts: readonly number[]): number {
  return counts[to.kind === "union" ? from.id : to.id] as number;
}

/** Tasks of a stage behind the first: one for each partition of the widest node that begins there. */
export function numTasks(plan: Plan, stage: number, counts: readonly number[]): number {
  const edges = plan.edges.filter((edge) => edge.toStage === stage);
  return Math.max(0, ...edges.map((edge) => partitionsBehind(edge, counts)));
}

/** Whether any operator keeps state. */
export function isStateful(graph: Graph): boolean {
  return graph.nodes.some(isStatefulNode);
}
