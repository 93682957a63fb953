import type { BatchGivens } from "../../plan/batch/batch-givens.ts";
import { type ExpandedPlan, expandPlan, isExpanded } from "../../plan/batch/expand-plan.ts";
import { compareGraphs } from "../../plan/graph/compare-graphs.ts";
import { describeGraph } from "../../plan/graph/describe-graph.ts";
import { cutIntoStages, type Parallelism, type Plan } from "../../plan/plan.ts";
import { inTaskScope, TaskScope } from "./task-scope.ts";

/**
 * Tells a worker of a batch that has a plan of its own, so that it builds the same: a graph of its own, or other partitions than
 * the job has now. Everything in it can be cloned and sent.
 */
export interface Expansion {
  /** Another one for each batch that is planned. */
  readonly id: string;
  readonly givens: BatchGivens;
  /** What the batch was planned with, where the job was started with something else since then. */
  readonly parallelism: Parallelism | undefined;
  /** describeGraph of what the driver built. */
  readonly description: readonly string[];
}

/** The job's plan, cut as it was when the batch was planned. */
export function planOfBatch(job: Plan, parallelism: Parallelism | undefined): Plan {
  return parallelism === undefined ? job : cutIntoStages(job.graph, parallelism);
}

/** expandPlan, with the functions of transform seeing the batch's broadcasts. */
export function expandInScope(job: Plan, givens: BatchGivens, broadcasts: ReadonlyMap<number, unknown>): ExpandedPlan {
  return inTaskScope(new TaskScope(broadcasts, { batchTime: givens.time, isBuilding: true }), () =>
    expandPlan(job, givens),
  );
}

/** The plan of a batch as the driver has it. @throws GRAPH_MISMATCH when this process builds another. */
export function expandAsDriver(
  job: Plan,
  { givens, description, parallelism }: Expansion,
  broadcasts: ReadonlyMap<number, unknown>,
): Plan {
  const own = planOfBatch(job, parallelism);
  const plan = isExpanded(own.graph) ? expandInScope(own, givens, broadcasts).plan : own;
  const where = `in batch ${givens.time}: what a function of transform builds may depend on its RDDs, the time and broadcasts only`;
  compareGraphs(description, describeGraph(plan.graph), where);
  return plan;
}
