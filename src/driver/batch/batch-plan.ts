import { isDeepStrictEqual } from "node:util";
import type { OffsetRange } from "../../kafka/types.ts";
import type { BatchFacts, SourceFacts } from "../../plan/batch/batch-facts.ts";
import { type ExpandedPlan, isExpanded } from "../../plan/batch/expand-plan.ts";
import { describeGraph } from "../../plan/graph/describe-graph.ts";
import type { PlanNode } from "../../plan/graph/nodes/node.ts";
import type { Parallelism, Plan } from "../../plan/plan.ts";
import { uniqueId } from "../../runtime/unique-id.ts";
import type { SourceInput } from "../../sources/source-input.ts";
import { type BroadcastValue, BroadcastValues } from "../../task/context/broadcast-values.ts";
import { type Expansion, expandInScope, planOfBatch } from "../../task/context/expansion.ts";
import type { PlannedBatch } from "./planned-batch.ts";

/** What the plan of a batch reads from one of its sources. */
export interface PlannedSource {
  readonly inputs: readonly SourceInput[];
  readonly offsetRanges: readonly OffsetRange[];
}

/** The plan that a batch runs by: the job's, or with transform one of its own. */
export interface BatchPlan {
  readonly plan: Plan;
  /** By node id in the plan; sources without an RDD are missing. */
  readonly sources: ReadonlyMap<number, PlannedSource>;
  readonly expansion: Expansion | undefined;
}

/** What a batch begins with. */
export type BatchStart = Pick<BatchFacts, "zeroTime" | "begun">;

/** Plans batches one after the other, and keeps the values that broadcasts have in the functions of transform. */
export class BatchPlanner {
  readonly #job: Plan;
  readonly #broadcasts = new BroadcastValues();

  constructor(job: Plan) {
    this.#job = job;
  }

  /** @throws what `expandPlan` throws. */
  plan(batch: PlannedBatch, { zeroTime, begun }: BatchStart, broadcasts: readonly BroadcastValue[]): BatchPlan {
    const parallelism = this.#otherParallelism(batch);
    const job = planOfBatch(this.#job, parallelism);
    const facts = { ...factsOf(batch), zeroTime, begun };
    const expansion = { id: uniqueId(), facts, parallelism };
    if (!isExpanded(job.graph)) {
      const own = parallelism && { ...expansion, description: describeGraph(job.graph) };
      return { plan: job, sources: batch.sources, expansion: own };
    }
    this.#broadcasts.receive(broadcasts);
    const expanded = expandInScope(job, facts, this.#broadcasts.values);
    return {
      plan: expanded.plan,
      sources: plannedSources(expanded, batch),
      expansion: { ...expansion, description: describeGraph(expanded.plan.graph) },
    };
  }

  /** What the batch was planned with, unless that is what the job has: then it runs by the job's plan. */
  #otherParallelism({ parallelism }: PlannedBatch): Parallelism | undefined {
    return isDeepStrictEqual(parallelism, this.#job.parallelism) ? undefined : parallelism;
  }
}

function factsOf({ time, sources }: PlannedBatch): Pick<BatchFacts, "time" | "sources"> {
  const facts = [...sources].map(([id, { inputs, offsetRanges }]): [number, SourceFacts] => {
    return [id, { numPartitions: inputs.length, offsetRanges }];
  });
  return { time, sources: Object.fromEntries(facts) };
}

/** The job's sources under their ids in the batch, and those that functions of transform brought. */
function plannedSources({ sources, nodes }: ExpandedPlan, batch: PlannedBatch): Map<number, PlannedSource> {
  const ofJob = new Map([...batch.sources].map(([id, source]) => [(nodes[id] as PlanNode).id, source]));
  const planned = new Map<number, PlannedSource>();
  for (const [id, facts] of sources) {
    const given = ofJob.get(id)?.inputs.map((input) => ({ ...input, source: id }));
    planned.set(id, { inputs: given ?? ownInputs(id, facts), offsetRanges: facts.offsetRanges });
  }
  return planned;
}

/** What the tasks find by themselves: literal rows, or fixed ranges of Kafka partitions. */
export function ownInputs(source: number, { numPartitions, offsetRanges }: SourceFacts): SourceInput[] {
  return Array.from({ length: numPartitions }, (_, partition) => {
    const range = offsetRanges[partition];
    return range === undefined ? { kind: "literal", source, partition } : { kind: "kafka", source, partition, range };
  });
}
