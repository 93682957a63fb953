import assert from "node:assert/strict";
import { test } from "node:test";
import type { BatchFacts } from "../../listeners/facts/batch-facts.ts";
import { JobHistory } from "../../listeners/job-history.ts";
import { progressOf } from "../../listeners/progress.ts";
import type { BatchInfo } from "../../listeners/streaming-listener.ts";
import { JobMetrics } from "./job-metrics.ts";
import { metrics } from "./metric-table.ts";
import type { HistogramValue, Sample } from "./samples.ts";

const inputs = ["lines", "files"];
const time = { fetch: 7, functions: 0, exchange: 0, state: 0, sink: 0 };
const partitions = [
  { topic: "t", partition: 0, lag: 4 },
  { topic: "t", partition: 1, lag: 0 },
];
const timing = {
  ...{ start: 1_000, ms: 25, numTasks: 2, taskMs: 30, time, slowest: { index: 1, start: 1_000, ms: 20 } },
  tasks: [
    { index: 0, start: 1_000, ms: 10 },
    { index: 1, start: 1_000, ms: 20 },
  ],
};
const facts: BatchFacts = {
  phases: { plan: { start: 990, ms: 2 }, log: { start: 1_000, ms: 1.5 }, commit: { start: 1_040, ms: 3 } },
  ...{ retries: 0, rows: {}, outputs: [] },
  stages: [
    { stage: 0, operators: ["lines", "files"], numTasks: 2, timing },
    { stage: 1, operators: ["counts"], numTasks: 3 },
  ],
  sources: [
    { source: "lines", records: 10, bytes: 100, offsetsSkipped: 1, fetchMs: 5.5 },
    { source: "files", records: 1, bytes: 8, offsetsSkipped: 0, fetchMs: 1.5 },
  ],
  edges: [
    { from: "lines", to: "counts", rows: 10, blocks: 2, bytes: 40 },
    { from: "counts", to: "later", rows: 1, blocks: 1, bytes: 2 },
  ],
  state: [
    { operator: "counts", entries: 3, bytes: 70 },
    { operator: "old", entries: undefined, bytes: 5 },
  ],
  produced: { out: 6, other: 1 },
  transactions: { committed: 1, aborted: 2, unknown: 0 },
  workersReplaced: 1,
  checkpointBytes: 300,
};

const batch = (batchTime: number, more: Partial<BatchInfo> = {}): BatchInfo => ({
  ...{ batchTime, submissionTime: batchTime, numRecords: 11, lag: 4, facts },
  ...{ schedulingDelay: 1, processingDelay: 45, totalDelay: 46, outputOperationInfos: new Map() },
  streamIdToInputInfo: new Map([
    [
      0,
      {
        ...{ numRecords: 10, groupId: "g", lags: partitions },
        offsetRanges: partitions.map(({ topic, partition }) => ({ topic, partition, fromOffset: 0, untilOffset: 5 })),
      },
    ],
    [1, { numRecords: 1, offsetRanges: [] }],
  ]),
  ...more,
});

class Fed {
  readonly history = new JobHistory();
  readonly metrics = new JobMetrics(this.history, inputs);

  submit(batchInfo: BatchInfo): void {
    this.history.onBatchSubmitted({ batchInfo });
    this.history.onBatchStarted({ batchInfo });
  }

  complete(batchInfo: BatchInfo): void {
    this.history.onBatchCompleted({ batchInfo });
    this.metrics.onBatchCompleted({ batchInfo });
  }

  samples(metric: keyof typeof metrics, now = 0): readonly Sample[] {
    const process = { heapUsedBytes: 9, eventLoopDelayMs: 20, gcMs: 1_500 };
    const families = this.metrics.families({ now, accumulators: { seen: 2.5 }, process });
    assert.deepEqual(
      families.map((family) => family.metric),
      Object.values(metrics),
    );
    return families.find((family) => family.metric === metrics[metric])?.samples ?? [];
  }

  /** Values by label; of histograms how many there were, and their sum. */
  values(metric: keyof typeof metrics, now?: number): Record<string, unknown> {
    const shown = (value: number | HistogramValue): unknown =>
      typeof value === "number" ? value : [value.count, Number(value.sum.toFixed(6))];
    return Object.fromEntries(
      this.samples(metric, now).map(({ labels, value }) => [Object.values(labels).join(" "), shown(value)]),
    );
  }
}

test("a job that has heard of nothing has all families, with zeros where they are known", () => {
  const fed = new Fed();
  assert.deepEqual(fed.values("batchesCompleted"), { "": 0 });
  assert.deepEqual(fed.values("commit"), { log: [0, 0], prepare: [0, 0], commit: [0, 0] });
  assert.deepEqual([fed.values("lag"), fed.values("transactions"), fed.values("workerRestarts")], [{}, {}, {}]);
  assert.deepEqual([fed.values("eventLoopDelay"), fed.values("gcSeconds")], [{ "": 0.02 }, { "": 1.5 }]);
  const withoutProcess = fed.metrics.families({ now: 0, accumulators: {} });
  assert.deepEqual(withoutProcess.find(({ metric }) => metric === metrics.heapUsed)?.samples, []);
});

test("sums, histograms and gauges are those of the events", () => {
  const fed = new Fed();
  for (const at of [1_000, 2_000]) {
    fed.submit(batch(at));
    fed.complete(batch(at));
  }
  const all = Object.fromEntries(
    (Object.keys(metrics) as (keyof typeof metrics)[]).map((metric) => [metric, fed.values(metric)]),
  );
  assert.deepEqual(all, {
    batchesCompleted: { "": 2 },
    batchesFailed: { "": 0 },
    batchRetries: { "": 0 },
    batchesWaiting: { "": 0 },
    records: { lines: 20, files: 2 },
    processing: { "": [2, 0.09] },
    schedulingDelay: { "": [2, 0.002] },
    totalDelay: { "": [2, 0.092] },
    commit: { log: [2, 0.003], prepare: [0, 0], commit: [2, 0.006] },
    stage: { "0": [2, 0.05] },
    taskSeconds: { "0": [4, 0.06] },
    tasks: { "0": 4, "1": 6 },
    shuffleBytes: { "0": 80, "1": 4 },
    kafkaFetch: { "": [2, 0.011] },
    lag: { "": 4 },
    kafkaLag: { "lines t 0 g": 4, "lines t 1 g": 0 },
    kafkaOffset: { "lines t 0": 5, "lines t 1": 5 },
    kafkaProduced: { out: 12, other: 2 },
    transactions: { committed: 2, aborted: 4, unknown: 0 },
    checkpointBytes: { "": 300 },
    workerRestarts: { "": 2 },
    stateEntries: { counts: 3 },
    stateBytes: { counts: 70, old: 5 },
    receiversActive: { "": 0 },
    stalled: { "": 0 },
    accumulator: { seen: 2.5 },
    eventLoopDelay: { "": 0.02 },
    heapUsed: { "": 9 },
    gcSeconds: { "": 1.5 },
  });
});

test("each sample has the labels of its metric, but for a partition where it is of a whole topic", () => {
  const fed = new Fed();
  fed.submit(batch(1_000));
  fed.complete(batch(1_000));
  for (const [name, { labels }] of Object.entries(metrics)) {
    for (const sample of fed.samples(name as keyof typeof metrics)) {
      assert.deepEqual(Object.keys(sample.labels), labels, name);
    }
  }
});

test("a batch that failed counts as failed, with its transactions and workers, and in nothing else", () => {
  const fed = new Fed();
  fed.submit(batch(1_000));
  fed.complete(batch(1_000, { failureReason: "[WORKER_DIED] no more" }));
  assert.deepEqual([fed.values("batchesFailed"), fed.values("batchesCompleted")], [{ "": 1 }, { "": 0 }]);
  assert.deepEqual(fed.values("transactions"), { committed: 1, aborted: 2, unknown: 0 });
  assert.deepEqual([fed.values("workerRestarts"), fed.values("kafkaProduced")], [{ "": 1 }, {}]);
  assert.deepEqual([fed.values("processing"), fed.values("records")], [{ "": [0, 0] }, {}]);
});

test("what they say is what ssc.progress says, to the last digit", () => {
  const fed = new Fed();
  for (let at = 1; at <= 1_500; at++) {
    fed.submit(batch(at));
    if (at % 3 === 0) fed.history.onBatchRetried({ batchTime: at, attempt: 1, reason: "again" });
    fed.complete(batch(at));
  }
  fed.history.onBatchSubmitted({ batchInfo: batch(2_000, { lag: 17 }) });
  const progress = progressOf(fed.history);
  const records = fed.samples("records").reduce((sum, { value }) => sum + (value as number), 0);
  assert.deepEqual(
    {
      ...{ batchesCompleted: fed.values("batchesCompleted")[""], batchRetries: fed.values("batchRetries")[""] },
      ...{ batchesWaiting: fed.values("batchesWaiting")[""], recordsProcessed: records, lag: fed.values("lag")[""] },
      state: progress.state.map(({ operator }) => ({
        operator,
        entries: fed.values("stateEntries")[operator],
        bytes: fed.values("stateBytes")[operator],
      })),
    },
    {
      ...{ batchesCompleted: 1_500, batchRetries: 500, batchesWaiting: 1, recordsProcessed: 16_500, lag: 17 },
      state: facts.state,
    },
  );
  const { recentBatches, ...sums } = progress;
  assert.deepEqual([sums.batchesCompleted, sums.batchRetries, sums.batchesWaiting], [1_500, 500, 1]);
  assert.deepEqual([sums.recordsProcessed, sums.lag, recentBatches.length], [16_500, 17, 1_000]);
});

test("a stage of more than 1,000 tasks counts them by their mean", () => {
  const fed = new Fed();
  const { tasks: _, ...sums } = timing;
  const stages = [{ ...facts.stages[0], timing: { ...sums, numTasks: 2_000, taskMs: 4_000 } }] as BatchFacts["stages"];
  fed.complete(batch(1_000, { facts: { ...facts, stages } }));
  assert.deepEqual(fed.values("taskSeconds"), { "0": [2_000, 4] });
});

test("a job that stands still says since when", () => {
  const fed = new Fed();
  const stall = { batchTime: 1_000, since: 5_000, until: undefined, waitsFor: "a broker" };
  fed.history.onBatchStalled({ stall });
  assert.deepEqual(fed.values("stalled", 17_500), { "": 12.5 });
  fed.history.onStallEnded({ stall: { ...stall, until: 18_000 } });
  assert.deepEqual(fed.values("stalled", 19_000), { "": 0 });
});

test("of more than 1,000 partitions of a stream there are sums by topic, of more than 1,000 topics none", () => {
  const fed = new Fed();
  const streamOf = (ranges: number, topicOf: (i: number) => string): BatchInfo["streamIdToInputInfo"] => {
    const offsetRanges = Array.from({ length: ranges }, (_, i) => {
      return { topic: topicOf(i), partition: i, fromOffset: 0, untilOffset: 2 };
    });
    return new Map([[0, { numRecords: 0, offsetRanges, groupId: "g", lags: [{ topic: "t", lag: 8 }] }]]);
  };
  const many = batch(1_000, { streamIdToInputInfo: streamOf(1_001, () => "t") });
  fed.submit(many);
  fed.complete(many);
  assert.deepEqual(fed.samples("kafkaOffset"), [{ labels: { source: "lines", topic: "t" }, value: 2_002 }]);
  assert.deepEqual(fed.samples("kafkaLag"), [{ labels: { source: "lines", topic: "t", group: "g" }, value: 8 }]);
  fed.complete(batch(2_000, { streamIdToInputInfo: streamOf(1_001, (i) => `t${i}`) }));
  assert.deepEqual(fed.samples("kafkaOffset"), []);
});

test("records for more than 1,000 topics are one sum beyond the first 1,000", () => {
  const fed = new Fed();
  const produced = Object.fromEntries(Array.from({ length: 1_003 }, (_, i) => [`t${i}`, 2]));
  fed.complete(batch(1_000, { facts: { ...facts, produced } }));
  const values = fed.values("kafkaProduced");
  assert.deepEqual([Object.keys(values).length, values.t999, values["(others)"]], [1_001, 2, 6]);
});
