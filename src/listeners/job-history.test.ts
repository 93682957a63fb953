import assert from "node:assert/strict";
import { test } from "node:test";
import { JobHistory } from "./job-history.ts";
import { progressOf } from "./progress.ts";
import type { BatchInfo } from "./streaming-listener.ts";

function completed(batchTime: number, more: Partial<BatchInfo> = {}): BatchInfo {
  const timing = {
    ...{ start: batchTime, ms: 1, numTasks: 1, taskMs: 1, slowest: { index: 0, start: batchTime, ms: 1 } },
    ...{
      time: { fetch: 1, functions: 0, exchange: 0, state: 0, sink: 0 },
      tasks: [{ index: 0, start: batchTime, ms: 1 }],
    },
  };
  return {
    ...{ batchTime, submissionTime: batchTime, numRecords: 3, schedulingDelay: 1, processingDelay: 2, totalDelay: 3 },
    ...{ streamIdToInputInfo: new Map(), outputOperationInfos: new Map() },
    facts: {
      ...{ phases: {}, retries: 0, rows: {}, outputs: [], edges: [] },
      stages: [{ stage: 0, operators: ["kafka"], numTasks: 1, timing }],
      sources: [{ source: "kafka", records: 3, bytes: 30, offsetsSkipped: 1, partitions: [] }],
      state: [{ operator: "totals", entries: batchTime, bytes: 0 }],
    },
    ...more,
  };
}

test("1,000 batches are kept, each task and partition of the last 20", () => {
  const history = new JobHistory();
  for (let time = 1; time <= 1_005; time++) history.onBatchCompleted({ batchInfo: completed(time) });
  assert.deepEqual([history.completed.length, history.completed[0]?.batchTime], [1_000, 6]);
  const detailed = history.completed.filter(({ facts }) => facts?.stages[0]?.timing?.tasks !== undefined);
  assert.deepEqual(
    detailed.map(({ batchTime }) => batchTime),
    Array.from({ length: 20 }, (_, i) => 986 + i),
  );
  assert.ok(history.completed.every(({ facts }) => facts?.stages[0]?.timing?.taskMs === 1));
  const { batchesCompleted, recordsProcessed, offsetsSkipped, recentBatches, state } = progressOf(history);
  assert.deepEqual([batchesCompleted, recordsProcessed, offsetsSkipped], [1_005, 3_015, 1_005]);
  assert.deepEqual([recentBatches.length, state], [1_000, [{ operator: "totals", entries: 1_005, bytes: 0 }]]);
});

test("a batch waits until it starts or is dropped", () => {
  const history = new JobHistory();
  for (const time of [1, 2, 3]) history.onBatchSubmitted({ batchInfo: completed(time, { lag: time }) });
  assert.deepEqual([history.batchesWaiting, history.lag], [3, 3]);
  history.onBatchStarted({ batchInfo: completed(1) });
  history.onBatchDropped({ batchTime: 3 });
  assert.equal(history.batchesWaiting, 1);
  history.onBatchSubmitted({ batchInfo: completed(4) });
  assert.deepEqual([history.batchesWaiting, history.lag], [2, undefined]);
});

test("a batch that failed is none that was completed, and its records are not counted", () => {
  const history = new JobHistory();
  history.onBatchRetried({ batchTime: 1, attempt: 1, reason: "first" });
  history.onBatchRetried({ batchTime: 1, attempt: 2, reason: "second" });
  assert.deepEqual([history.batchRetries, history.lastError], [2, "second"]);
  history.onBatchCompleted({ batchInfo: completed(1, { failureReason: "third" }) });
  history.onStreamingFailed({ time: 1, reason: "third" });
  const { batchesCompleted, recordsProcessed, offsetsSkipped, lastBatch, lastError } = progressOf(history);
  assert.deepEqual([batchesCompleted, recordsProcessed, offsetsSkipped, lastBatch], [0, 0, 0, undefined]);
  assert.equal(lastError, "third");
});

test("of what stands still the one that does for longest is named, until it goes on", () => {
  const history = new JobHistory();
  const stall = { batchTime: 1_000, since: 20, until: undefined, waitsFor: "stage 1" };
  const older = { batchTime: undefined, since: 10, until: undefined, waitsFor: "the cluster" };
  history.onBatchStalled({ stall });
  history.onBatchStalled({ stall: older });
  history.onBatchStalled({ stall: { ...stall, waitsFor: "stage 2" } });
  assert.deepEqual(history.stall, older);
  history.onStallEnded({ stall: { ...older, until: 30 } });
  assert.deepEqual(history.stall, { ...stall, waitsFor: "stage 2" });
  history.onStallEnded({ stall: { ...stall, until: 30 } });
  assert.equal(history.stall, undefined);
});

test("where a stream stands is known by partition; of more than 1,000 by topic, as sums", () => {
  const history = new JobHistory();
  const ranges = (topic: string, count: number, untilOffset: number) => {
    return Array.from({ length: count }, (_, partition) => ({ topic, partition, fromOffset: 0, untilOffset }));
  };
  const batchInfo = completed(1, {
    streamIdToInputInfo: new Map([
      [0, { numRecords: 1, offsetRanges: ranges("few", 2, 5) }],
      [1, { numRecords: 1, offsetRanges: [...ranges("many", 1_000, 3), ...ranges("one", 1, 4)] }],
    ]),
  });
  history.onBatchCompleted({ batchInfo });
  assert.deepEqual(history.offsets, [
    { streamId: 0, topic: "few", partition: 0, offset: 5 },
    { streamId: 0, topic: "few", partition: 1, offset: 5 },
    { streamId: 1, topic: "many", partition: undefined, offset: 3_000 },
    { streamId: 1, topic: "one", partition: undefined, offset: 4 },
  ]);
});
