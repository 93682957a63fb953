import type { Phase } from "../../listeners/facts/batch-facts.ts";
import type { JobHistory } from "../../listeners/job-history.ts";
import type { BatchInfo, StreamingListener } from "../../listeners/streaming-listener.ts";
import { type Metric, metrics } from "./metric-table.ts";
import { type Family, Histogram, type Sample } from "./samples.ts";

const commitPhases: readonly Phase[] = ["log", "prepare", "commit"];

/** What is asked of the job when somebody wants its metrics. */
export interface Gauges {
  /** Milliseconds without progress. */
  readonly stalledMs: number;
  readonly accumulators: Readonly<Record<string, number>>;
  readonly heapUsedBytes: number;
  readonly eventLoopDelayMs: number;
  readonly gcMs: number;
}

/** Sums over all batches of a job, from its events, however few of them are kept. */
export class JobMetrics implements StreamingListener {
  readonly #history: JobHistory;
  readonly #inputNames: readonly string[];
  readonly #processing = new Histogram();
  readonly #scheduling = new Histogram();
  readonly #total = new Histogram();
  readonly #commit = new Map(commitPhases.map((phase) => [phase, new Histogram()]));
  readonly #stages = new Map<number, StageSums>();
  #fetchMs = 0;

  /** `inputNames` by stream id. */
  constructor(history: JobHistory, inputNames: readonly string[]) {
    this.#history = history;
    this.#inputNames = inputNames;
  }

  families({ stalledMs, accumulators, heapUsedBytes, eventLoopDelayMs, gcMs }: Gauges): Family[] {
    const history = this.#history;
    const { state, lag } = history;
    const stages = [...this.#stages].sort(([a], [b]) => a - b);
    const ofStage = (value: (sums: StageSums) => Sample["value"]): Sample[] =>
      stages.map(([stage, sums]) => ({ labels: { stage: String(stage) }, value: value(sums) }));
    return [
      one(metrics.batchesCompleted, history.batchesCompleted),
      one(metrics.batchesFailed, history.batchesFailed),
      one(metrics.batchRetries, history.batchRetries),
      one(metrics.batchesWaiting, history.batchesWaiting),
      some(
        metrics.records,
        [...history.recordsByStream].map(([id, value]) => ({
          labels: { source: this.#inputNames[id] ?? `stream ${id}` },
          value,
        })),
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
        history.offsets.map(({ topic, partition, offset }) => ({
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
      one(metrics.receiversActive, history.receivers.filter(({ active }) => active).length),
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

  onBatchCompleted({ batchInfo }: { readonly batchInfo: BatchInfo }): void {
    const { schedulingDelay = 0, processingDelay = 0, totalDelay = 0, facts, failureReason } = batchInfo;
    if (failureReason !== undefined) return;
    this.#processing.add(processingDelay / 1_000);
    this.#scheduling.add(schedulingDelay / 1_000);
    this.#total.add(totalDelay / 1_000);
    if (facts === undefined) return;
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
