import { isDeepStrictEqual } from "node:util";
import type { BatchSpec } from "../../cluster/cluster.ts";
import type { OffsetRange } from "../../kafka/types.ts";
import type { BatchGivens, GivenSource } from "../../plan/batch/batch-givens.ts";
import { type ExpandedPlan, isExpanded } from "../../plan/batch/expand-plan.ts";
import { presentNodes } from "../../plan/batch/presence.ts";
import { describeGraph } from "../../plan/graph/describe-graph.ts";
import type { PlanNode } from "../../plan/graph/nodes/node.ts";
import { type Parallelism, type Plan, partitionCounts } from "../../plan/plan.ts";
import { type Random, uniqueId } from "../../runtime/machine/random.ts";
import type { SourceInput } from "../../sources/source-input.ts";
import type { Manifest } from "../../state/manifest.ts";
import { type BroadcastValue, BroadcastValues } from "../../task/context/broadcast-values.ts";
import { type Expansion, expandInScope, planOfBatch } from "../../task/context/expansion.ts";
import type { Batch } from "./batch.ts";

/** What a batch runs by, whatever the attempt. */
export interface PlannedRun extends Omit<BatchSpec, "attempt"> {
  /** Of each source, by node id in the plan; sources without an RDD are missing. */
  readonly offsetRanges: ReadonlyMap<number, readonly OffsetRange[]>;
}

/** What the batches before have left. */
export interface Before {
  readonly manifest: Manifest;
  readonly zeroTime: number;
}

interface ReadSource {
  readonly inputs: readonly SourceInput[];
  readonly offsetRanges: readonly OffsetRange[];
}

/** The plan that a batch runs by: the job's, or with transform one of its own. */
interface OwnPlan {
  readonly plan: Plan;
  /** By node id in the plan. */
  readonly sources: ReadonlyMap<number, ReadSource>;
  readonly expansion: Expansion | undefined;
}

/** Says what batches run by, one after the other, and keeps the values that broadcasts have in the functions of transform. */
export class BatchPlanner {
  readonly #job: Plan;
  readonly #random: Random;
  readonly #broadcasts = new BroadcastValues();

  constructor(job: Plan, random: Random) {
    this.#job = job;
    this.#random = random;
  }

  /** @throws what `expandPlan` and `presentNodes` throw. */
  plan(batch: Batch, { manifest, zeroTime }: Before, broadcasts: readonly BroadcastValue[]): PlannedRun {
    const { time } = batch;
    const begun = manifest.map(({ operator }) => operator);
    const { plan, sources, expansion } = this.#ownPlan(batch, { zeroTime, begun }, broadcasts);
    const sourcePartitions = Object.fromEntries([...sources].map(([id, { inputs }]) => [id, inputs.length]));
    const isSourcePresent = (id: number): boolean => sources.has(id);
    return {
      ...{ time, plan, expansion, broadcasts, manifest },
      inputs: [...sources.values()].flatMap((source) => source.inputs),
      counts: partitionCounts(plan, sourcePartitions),
      present: presentNodes(plan.graph, { time, zeroTime, begun, isSourcePresent }),
      offsetRanges: new Map([...sources].map(([id, { offsetRanges }]) => [id, offsetRanges])),
    };
  }

  #ownPlan(
    batch: Batch,
    { zeroTime, begun }: Pick<BatchGivens, "zeroTime" | "begun">,
    broadcasts: readonly BroadcastValue[],
  ): OwnPlan {
    const parallelism = this.#otherParallelism(batch);
    const job = planOfBatch(this.#job, parallelism);
    const { sources } = batch;
    if (!isExpanded(job.graph) && parallelism === undefined) return { plan: job, sources, expansion: undefined };
    const givens = { ...givensOf(batch), zeroTime, begun };
    const expansion = { id: uniqueId(this.#random), givens, parallelism };
    if (!isExpanded(job.graph)) {
      return { plan: job, sources, expansion: { ...expansion, description: describeGraph(job.graph) } };
    }
    this.#broadcasts.receive(broadcasts);
    const expanded = expandInScope(job, givens, this.#broadcasts.values);
    return {
      plan: expanded.plan,
      sources: readSources(expanded, batch),
      expansion: { ...expansion, description: describeGraph(expanded.plan.graph) },
    };
  }

  /** What the batch was planned with, unless that is what the job has: then it runs by the job's plan. */
  #otherParallelism({ parallelism }: Batch): Parallelism | undefined {
    return isDeepStrictEqual(parallelism, this.#job.parallelism) ? undefined : parallelism;
  }
}

function givensOf({ time, sources }: Batch): Pick<BatchGivens, "time" | "sources"> {
  const given = [...sources].map(([id, { inputs, offsetRanges }]): [number, GivenSource] => {
    return [id, { numPartitions: inputs.length, offsetRanges }];
  });
  return { time, sources: Object.fromEntries(given) };
}

/** The job's sources under their ids in the batch, and those that functions of transform brought. */
function readSources({ sources, nodes }: ExpandedPlan, batch: Batch): Map<number, ReadSource> {
  const ofJob = new Map([...batch.sources].map(([id, source]) => [(nodes[id] as PlanNode).id, source]));
  const planned = new Map<number, ReadSource>();
  for (const [id, source] of sources) {
    const given = ofJob.get(id)?.inputs.map((input) => ({ ...input, source: id }));
    planned.set(id, { inputs: given ?? ownInputs(id, source), offsetRanges: source.offsetRanges });
  }
  return planned;
}

/** What the tasks find by themselves: literal rows, or fixed ranges of Kafka partitions. */
export function ownInputs(source: number, { numPartitions, offsetRanges }: GivenSource): SourceInput[] {
  return Array.from({ length: numPartitions }, (_, partition) => {
    const range = offsetRanges[partition];
    return range === undefined ? { kind: "literal", source, partition } : { kind: "kafka", source, partition, range };
  });
}
