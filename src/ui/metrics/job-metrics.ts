import type { BatchFacts } from "../../listeners/facts/batch-facts.ts";
import type { JobHistory } from "../../listeners/job-history.ts";
import type { BatchInfo, StreamingListener } from "../../listeners/streaming-listener.ts";
import { batchMeasures, commitPhases } from "./batch-measures.ts";
import { type Metric, metrics } from "./metric-table.ts";
import { type Family, Histogram, type Labels, type Sample } from "./samples.ts";

/** Topics that have a sample of their own for what was written to them; the rest is one. */
const maxTopics = 1_000;
const otherTopics = "(others)";

/** What is asked of the job when somebody wants its metrics. */
export interface Gauges {
  /** By the job's clock, epoch ms. */
  readonly now: number;
  readonly accumulators: Readonly<Record<string, number>>;
  /** Undefined where somebody else measures the process. */
  readonly process?: { readonly heapUsedBytes: number; readonly eventLoopDelayMs: number; readonly gcMs: number };
}

interface Counted {
  readonly labels: Labels;
  readonly histogram: Histogram;
}

/** Sums over all batches of a job, from its events, however few of them are kept. */
export class JobMetrics implements StreamingListener {
  readonly #history: JobHistory;
  readonly #inputNames: readonly string[];
  /** By metric, and by the value of its label. */
  readonly #histograms = new Map<Metric, Map<string, Counted>>();
  readonly #tasks = new Map<number, number>();
  readonly #shuffleBytes = new Map<number, number>();
  readonly #produced = new Map<string, number>();
  readonly #transactions = new Map([
    ["committed", 0],
    ["aborted", 0],
    ["unknown", 0],
  ]);
  #hasTransactions = false;
  #workersReplaced: number | undefined;
  #checkpointBytes: number | undefined;

  /** `inputNames` by stream id. */
  constructor(history: JobHistory, inputNames: readonly string[]) {
    this.#history = history;
    this.#inputNames = inputNames;
    const unlabelled = [metrics.processing, metrics.schedulingDelay, metrics.totalDelay];
    for (const metric of unlabelled) this.#histogram(metric, {});
    for (const phase of commitPhases) this.#histogram(metrics.commit, { phase });
  }

  /** Each metric of the table, in its order; those of which nothing is known have no samples. */
  families({ now, accumulators, process }: Gauges): Family[] {
    const history = this.#history;
    const { state, stall } = history;
    const name = (streamId: number): string => this.#inputNames[streamId] ?? `stream ${streamId}`;
    const partitionLabel = (partition: number | undefined): Labels =>
      partition === undefined ? {} : { partition: String(partition) };
    const samples: Record<keyof typeof metrics, readonly Sample[]> = {
      batchesCompleted: one(history.batchesCompleted),
      batchesFailed: one(history.batchesFailed),
      batchRetries: one(history.batchRetries),
      batchesWaiting: one(history.batchesWaiting),
      records: [...history.recordsByStream].map(([id, value]) => ({ labels: { source: name(id) }, value })),
      processing: this.#counted(metrics.processing),
      schedulingDelay: this.#counted(metrics.schedulingDelay),
      totalDelay: this.#counted(metrics.totalDelay),
      commit: this.#counted(metrics.commit),
      stage: this.#counted(metrics.stage),
      taskSeconds: this.#counted(metrics.taskSeconds),
      tasks: byLabel("stage", this.#tasks),
      shuffleBytes: byLabel("stage", this.#shuffleBytes),
      kafkaFetch: this.#counted(metrics.kafkaFetch),
      lag: one(history.lag),
      kafkaLag: history.lags.map(({ streamId, topic, partition, groupId: group, lag: value }) => ({
        labels: { source: name(streamId), topic, ...partitionLabel(partition), group },
        value,
      })),
      kafkaOffset: history.offsets.map(({ streamId, topic, partition, offset: value }) => ({
        labels: { source: name(streamId), topic, ...partitionLabel(partition) },
        value,
      })),
      kafkaProduced: byLabel("topic", this.#produced),
      transactions: this.#hasTransactions ? byLabel("result", this.#transactions) : [],
      checkpointBytes: one(this.#checkpointBytes),
      workerRestarts: one(this.#workersReplaced),
      stateEntries: state.flatMap(({ operator, entries }) =>
        entries === undefined ? [] : { labels: { operator }, value: entries },
      ),
      stateBytes: state.map(({ operator, bytes }) => ({ labels: { operator }, value: bytes })),
      receiversActive: one(history.receivers.filter(({ active }) => active).length),
      stalled: one(stall === undefined ? 0 : Math.max(0, now - stall.since) / 1_000),
      accumulator: Object.entries(accumulators).map(([of, value]) => ({ labels: { name: of }, value })),
      eventLoopDelay: one(process && process.eventLoopDelayMs / 1_000),
      heapUsed: one(process?.heapUsedBytes),
      gcSeconds: one(process && process.gcMs / 1_000),
    };
    return Object.entries(metrics).map(([key, metric]) => ({ metric, samples: samples[key as keyof typeof metrics] }));
  }

  onBatchCompleted({ batchInfo }: { readonly batchInfo: BatchInfo }): void {
    const { facts, failureReason } = batchInfo;
    if (facts !== undefined) this.#countAlways(facts);
    if (failureReason !== undefined) return;
    for (const { metric, labels, seconds, times } of batchMeasures(batchInfo, this.#inputNames)) {
      this.#histogram(metric, labels).add(seconds, times);
    }
    if (facts === undefined) return;
    for (const { stage, numTasks } of facts.stages) add(this.#tasks, stage, numTasks);
    const stageOf = new Map(facts.stages.flatMap(({ stage, operators }) => operators.map((of) => [of, stage])));
    for (const { from, bytes } of facts.edges) add(this.#shuffleBytes, stageOf.get(from) ?? 0, bytes);
    for (const [topic, records] of Object.entries(facts.produced ?? {})) {
      const isKept = this.#produced.has(topic) || this.#produced.size < maxTopics;
      add(this.#produced, isKept ? topic : otherTopics, records);
    }
  }

  /** What happened whether or not the batch counts. */
  #countAlways({ transactions, workersReplaced, checkpointBytes }: BatchFacts): void {
    if (transactions !== undefined) this.#hasTransactions = true;
    for (const [result, count] of Object.entries(transactions ?? {})) add(this.#transactions, result, count);
    if (workersReplaced !== undefined) this.#workersReplaced = (this.#workersReplaced ?? 0) + workersReplaced;
    this.#checkpointBytes = checkpointBytes;
  }

  #histogram(metric: Metric, labels: Labels): Histogram {
    const ofMetric = this.#histograms.get(metric) ?? new Map<string, Counted>();
    this.#histograms.set(metric, ofMetric);
    const [key = ""] = Object.values(labels);
    const { histogram } = ofMetric.get(key) ?? { histogram: new Histogram() };
    if (!ofMetric.has(key)) ofMetric.set(key, { labels, histogram });
    return histogram;
  }

  #counted(metric: Metric): Sample[] {
    const all = [...(this.#histograms.get(metric)?.values() ?? [])];
    return all.map(({ labels, histogram }) => ({ labels, value: histogram.value }));
  }
}

function one(value: number | undefined): Sample[] {
  return value === undefined ? [] : [{ labels: {}, value }];
}

function byLabel(name: string, values: ReadonlyMap<string | number, number>): Sample[] {
  return [...values].map(([of, value]) => ({ labels: { [name]: String(of) }, value }));
}

function add<K>(sums: Map<K, number>, key: K, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}
