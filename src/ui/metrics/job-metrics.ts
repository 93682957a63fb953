import type { BatchFacts, Phase } from "../../listeners/facts/batch-facts.ts";
import type { BatchView } from "../history/batch-view.ts";
import type { JobEvent } from "../history/job-event.ts";
import type { JobHistory } from "../history/job-history.ts";
import { type Metric, metrics } from "./metric-table.ts";
import { type Family, Histogram, type Sample } from "./samples.ts";

const commitPhases: readonly Phase[] = ["log", "prepare", "commit"];

/** What is asked of the job when somebody wants its metrics. */
export interface Gauges {
  readonly lag: number | undefined;
  /** Milliseconds without progress. */
  readonly stalledMs: number;
  readonly accumulators: Readonly<Record<string, number>>;
  readonly heapUsedBytes: number;
  readonly eventLoopDelayMs: number;
  readonly gcMs: number;
}

/** Sums over all batches of a job, from its events, however few of them are kept. */
export class JobMetrics {
  readonly #history: JobHistory;
  readonly #processing = new Histogram();
  readonly #scheduling = new Histogram();
  readonly #total = new Histogram();
  readonly #commit = new Map(commitPhases.map((phase) => [phase, new Histogram()]));
  readonly #stages = new Map<number, StageSums>();
  #last: BatchFacts | undefined;
  #fetchMs = 0;

  /** `history` has heard of each event before. */
  constructor(history: JobHistory) {
    this.#history = history;
  }

  apply(event: JobEvent): void {
    if (event.event === "batch" && event.batch.status === "completed") this.#completed(event.batch);
  }

  families({ lag, stalledMs, accumulators, heapUsedBytes, eventLoopDelayMs, gcMs }: Gauges): Family[] {
    const { totals, waiting, receivers, offsets, recordsBySource } = this.#history;
    const state = this.#last?.state ?? [];
    const stages = [...this.#stages].sort(([a], [b]) => a - b);
    const ofStage = (value: (sums: StageSums) => Sample["value"]): Sample[] =>
      stages.map(([stage, sums]) => ({ labels: { stage: String(stage) }, value: value(sums) }));
    return [
      one(metrics.batchesCompleted, totals.completed),
      one(metrics.batchesFailed, totals.failed),
      one(metrics.batchRetries, totals.retries),
      one(metrics.batchesWaiting, waiting.length),
      some(
        metrics.records,
        [...recordsBySource].map(([source, value]) => ({ labels: { source }, value })),
      ),
      one(metrics.processing, this.#processing.value),
      one(metrics.schedulingDelay, this.#scheduling.value),
      one(metrics.totalDelay, this.#total.value),
      some(
        metrics.commit,
        [...this.#commit].map(([phase, { value }]) => ({ labels: { phase }, value })),
      ),
      some(
        metrics.stage,
        ofStage(({ span }) => span.value),
      ),
      some(
        metrics.taskSeconds,
        ofStage(({ taskMs }) => taskMs / 1_000),
      ),
      some(
        metrics.tasks,
        ofStage(({ tasks }) => tasks),
      ),
      some(
        metrics.shuffleBytes,
        ofStage(({ shuffleBytes }) => shuffleBytes),
      ),
      one(metrics.fetchSeconds, this.#fetchMs / 1_000),
      some(metrics.lag, lag === undefined ? [] : [{ labels: {}, value: lag }]),
      some(
        metrics.kafkaOffset,
        offsets.map(({ topic, partition, offset }) => ({
          labels: { topic, partition: String(partition) },
          value: offset,
        })),
      ),
      some(
        metrics.stateEntries,
        state.flatMap(({ operator, entries }) =>
          entries === undefined ? [] : { labels: { operator }, value: entries },
        ),
      ),
      some(
        metrics.stateBytes,
        state.map(({ operator, bytes }) => ({ labels: { operator }, value: bytes })),
      ),
      one(metrics.receiversActive, receivers.filter(({ active }) => active).length),
      one(metrics.stalled, stalledMs / 1_000),
      some(
        metrics.accumulator,
        Object.entries(accumulators).map(([name, value]) => ({ labels: { name }, value })),
      ),
      one(metrics.eventLoopDelay, eventLoopDelayMs / 1_000),
      one(metrics.heapUsed, heapUsedBytes),
      one(metrics.gcSeconds, gcMs / 1_000),
    ];
  }

  #completed({ schedulingDelay = 0, processingDelay = 0, totalDelay = 0, facts }: BatchView): void {
    this.#processing.add(processingDelay / 1_000);
    this.#scheduling.add(schedulingDelay / 1_000);
    this.#total.add(totalDelay / 1_000);
    if (facts === undefined) return;
    this.#last = facts;
    for (const [phase, histogram] of this.#commit) {
      const span = facts.phases[phase];
      if (span !== undefined) histogram.add(span.ms / 1_000);
    }
    const stageOf = new Map(facts.stages.flatMap(({ stage, operators }) => operators.map((name) => [name, stage])));
    for (const { stage, numTasks, timing } of facts.stages) {
      const sums = this.#sumsOf(stage);
      sums.tasks += numTasks;
      if (timing === undefined) continue;
      sums.span.add(timing.ms / 1_000);
      sums.taskMs += timing.taskMs;
      this.#fetchMs += timing.time.fetch;
    }
    for (const { from, bytes } of facts.edges) this.#sumsOf(stageOf.get(from) ?? 0).shuffleBytes += bytes;
  }

  #sumsOf(stage: number): StageSums {
    const sums = this.#stages.get(stage) ?? { span: new Histogram(), taskMs: 0, tasks: 0, shuffleBytes: 0 };
    this.#stages.set(stage, sums);
    return sums;
  }
}

interface StageSums {
  readonly span: Histogram;
  taskMs: number;
  tasks: number;
  shuffleBytes: number;
}

const one = (metric: Metric, value: Sample["value"]): Family => ({ metric, samples: [{ labels: {}, value }] });
const some = (metric: Metric, samples: readonly Sample[]): Family => ({ metric, samples });
