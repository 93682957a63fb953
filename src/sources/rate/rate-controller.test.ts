import assert from "node:assert/strict";
import { test } from "node:test";
import { type BackpressureOptions, RateController } from "./rate-controller.ts";

const streamId = 3;
const completed = (controller: RateController, endTime: number, numRecords: number, processingDelay: number): void =>
  controller.onBatchCompleted({
    batchInfo: {
      batchTime: 0,
      submissionTime: 0,
      processingStartTime: endTime - processingDelay,
      processingEndTime: endTime,
      schedulingDelay: 0,
      processingDelay,
      totalDelay: processingDelay,
      numRecords: 1_000_000,
      streamIdToInputInfo: new Map([[streamId, { numRecords, offsetRanges: [] }]]),
      outputOperationInfos: new Map(),
    },
  });
const controller = (options: BackpressureOptions): RateController => new RateController(streamId, options, 1_000);

test("the initial rate holds until two batches have shown what can be processed, of this source alone", () => {
  const followed = controller({ enabled: true, initialRate: 50 });
  assert.equal(followed.rate, 50);
  completed(followed, 1_000, 500, 500);
  assert.equal(followed.rate, 50);
  completed(followed, 2_000, 600, 1_000);
  assert.equal(followed.rate, 600);
});

test("without an initial rate the first batch takes what there is", () => {
  assert.equal(controller({ enabled: true }).rate, undefined);
});

test("the maximum holds with and without back-pressure, and the minimum is 100 unless another is given", () => {
  assert.equal(controller({ maxRate: 70 }).rate, 70);
  const capped = controller({ enabled: true, initialRate: 80, maxRate: 70 });
  assert.equal(capped.rate, 70);
  const slow = controller({ enabled: true });
  const slower = controller({ enabled: true, minRate: 5 });
  for (const each of [slow, slower]) {
    completed(each, 1_000, 10, 1_000);
    completed(each, 2_000, 10, 1_000);
  }
  assert.equal(slow.rate, 100);
  assert.equal(slower.rate, 10);
});

test("a batch that did not end changes nothing", () => {
  const followed = controller({ enabled: true, initialRate: 50 });
  followed.onBatchCompleted({
    batchInfo: {
      batchTime: 0,
      submissionTime: 0,
      numRecords: 0,
      streamIdToInputInfo: new Map(),
      outputOperationInfos: new Map(),
    },
  });
  assert.equal(followed.rate, 50);
});
