import { DStreamError } from "../../errors/dstream-error.ts";
import { userFunctionFailed } from "../../errors/user-code/user-function-failed.ts";
import { type PlanNode, parentsOf, withParents } from "../graph/nodes/node.ts";
import type { TransformNode } from "../graph/nodes/transform.ts";
import type { Graph } from "../graph/plan-builder.ts";
import type { Plan } from "../plan.ts";
import type { BatchGivens } from "./batch-givens.ts";
import { BatchGraph } from "./batch-graph.ts";
import { presentNodes } from "./presence.ts";

/** The plan of one batch, and where the job's nodes are in it. */
export interface ExpandedPlan {
  readonly plan: Plan;
  readonly sources: BatchGraph["sources"];
  /** The node of the batch in place of each node of the job, by its id. */
  readonly nodes: readonly PlanNode[];
}

/** Whether every batch has a graph of its own. */
export function isExpanded(graph: Graph): boolean {
  return graph.nodes.some((node) => node.kind === "transform");
}

/**
 * The plan of a batch of a job with transform: the job's graph with what the functions of transform build for this batch.
 * Shuffles of the job's own nodes stay as wide as the job's plan says, since state is placed by them.
 *
 * @throws ILLEGAL_STATE where a stream that needs one has no RDD; what the functions throw, USER_FUNCTION_FAILED.
 */
export function expandPlan(job: Plan, batch: BatchGivens): ExpandedPlan {
  const { graph, partitionings, parallelism } = job;
  const isSourcePresent = (id: number): boolean => batch.sources[id] !== undefined;
  const present = presentNodes(graph, { ...batch, isSourcePresent });
  const expanded = new BatchGraph(batch.time, parallelism);
  const nodes: PlanNode[] = [];
  const inBatch = (node: PlanNode): PlanNode => nodes[node.id] as PlanNode;
  for (const node of graph.nodes) {
    const name = graph.names[node.id] as string;
    if (node.kind === "source") {
      const startPartitions = parallelism.sourcePartitions[node.id] ?? 0;
      nodes.push(expanded.addSource(node, batch.sources[node.id], { name, startPartitions }));
    } else if (node.kind === "transform") {
      nodes.push(present[node.id] ? built(node, node.parents.map(inBatch), expanded) : absent(node, expanded));
    } else {
      const decided = "partitioning" in node ? { ...node, partitioning: partitionings[node.id] } : node;
      const parent = (of: PlanNode): PlanNode =>
        node.kind === "window" && isPlacedAnew(of)
          ? placed(of, inBatch(of), job.counts[node.id] as number, expanded)
          : inBatch(of);
      nodes.push(expanded.add(withParents(decided as typeof node, parent), name));
    }
  }
  const outputs = graph.outputs.map((output) => ({ ...output, node: inBatch(output.node) }));
  // Those of the job are wanted in every batch, since windows and state go on; of what the functions made, what these need.
  return { plan: expanded.cut(outputs, nodes), sources: expanded.sources, nodes };
}

function built(node: TransformNode, parents: readonly PlanNode[], batch: BatchGraph): PlanNode {
  try {
    return node.build(parents, batch);
  } catch (thrown) {
    if (thrown instanceof DStreamError) throw thrown;
    throw userFunctionFailed(thrown, node, `in batch ${batch.time}`, { batchTime: batch.time });
  }
}

/** Whether the partitions of a node are what a function of transform makes them. */
function isPlacedAnew(node: PlanNode): boolean {
  if (node.kind === "transform") return true;
  return node.kind !== "window" && !("partitioning" in node) && parentsOf(node).some(isPlacedAnew);
}

/** The rows of a node in as many partitions as a window keeps panes of, since these stay where they are. */
function placed(
  { operator, site, slideMs }: PlanNode,
  parent: PlanNode,
  numPartitions: number,
  batch: BatchGraph,
): PlanNode {
  const partitioning = { kind: "in turns", numPartitions } as const;
  return batch.add({ kind: "repartition", operator, site, slideMs, parent, partitioning });
}

/** In place of a transform that is not due in the batch: a source that has nothing. */
function absent({ operator, site }: TransformNode, batch: BatchGraph): PlanNode {
  return batch.addSource({ kind: "source", operator, site, feed: { kind: "rows" } }, undefined);
}
