import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type BatchInfo, type OutputOperationInfo, Receiver, StatsReportListener, StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";

// The behaviour of Spark's StreamingListenerSuite.

function job(t: TestContext, queue: number[][]): { ssc: StreamingContext; clock: ManualClock; stream: Stream } {
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "listeners", batchInterval: 1_000, clock });
  t.after(() => ssc.stop());
  return { ssc, clock, stream: ssc.queueStream(queue) };
}
type Stream = ReturnType<typeof StreamingContext.prototype.queueStream<number>>;

test("what is known of a batch grows from submitted to completed, and its times never go back", async (t) => {
  const { ssc, clock, stream } = job(t, [[1], [2], [3], [4]]);
  stream.foreachRDD(() => {});
  const [submitted, started, completed]: BatchInfo[][] = [[], [], []];
  ssc.addStreamingListener({
    onBatchSubmitted: ({ batchInfo }) => submitted?.push(batchInfo),
    onBatchStarted: ({ batchInfo }) => started?.push(batchInfo),
    onBatchCompleted: ({ batchInfo }) => completed?.push(batchInfo),
  });
  await ssc.start();
  await clock.advance(4_000);
  const times = (infos: BatchInfo[] | undefined) => infos?.map(({ batchTime }) => batchTime);
  assert.deepEqual([submitted, started, completed].map(times), Array(3).fill([1_000, 2_000, 3_000, 4_000]));
  for (const info of [...(submitted ?? []), ...(started ?? []), ...(completed ?? [])]) {
    assert.equal(info.numRecords, 1);
    assert.deepEqual([...info.streamIdToInputInfo], [[0, { numRecords: 1, offsetRanges: [] }]]);
  }
  const known = (infos: BatchInfo[] | undefined) =>
    infos?.map((info) =>
      [info.schedulingDelay, info.processingDelay, info.totalDelay].map((delay) => delay !== undefined),
    );
  assert.deepEqual(known(submitted), Array(4).fill([false, false, false]));
  assert.deepEqual(known(started), Array(4).fill([true, false, false]));
  assert.deepEqual(known(completed), Array(4).fill([true, true, true]));
  for (const { submissionTime, processingStartTime = -1, processingEndTime = -1, ...delays } of completed ?? []) {
    assert.ok(submissionTime <= processingStartTime && processingStartTime <= processingEndTime);
    assert.equal(delays.schedulingDelay, processingStartTime - submissionTime);
    assert.equal(delays.processingDelay, processingEndTime - processingStartTime);
    assert.equal(delays.totalDelay, processingEndTime - submissionTime);
  }
});

test("input streams have the ids 0, 1, 2 in the order in which the program made them, whatever stands between", async (t) => {
  const { ssc, clock, stream } = job(t, [[1]]);
  stream
    .map((n) => n)
    .filter((n) => n > 0)
    .print(0);
  ssc
    .queueStream<number>([], { default: null })
    .map((n) => n)
    .print(0);
  ssc.receiverStream(new Silent()).print(0);
  const inputs: BatchInfo["streamIdToInputInfo"][] = [];
  const receivers: number[] = [];
  ssc.addStreamingListener({
    onBatchCompleted: ({ batchInfo }) => inputs.push(batchInfo.streamIdToInputInfo),
    onReceiverStarted: ({ receiverInfo }) => receivers.push(receiverInfo.streamId),
  });
  await ssc.start();
  t.mock.method(process.stdout, "write", () => true);
  await clock.advance(1_000);
  const [input] = inputs;
  assert.deepEqual(
    [...(input ?? [])].map(([id, { numRecords }]) => [id, numRecords]),
    [
      [0, 1],
      [2, 0],
    ],
  );
  assert.deepEqual(receivers, [2]);
});

class Silent extends Receiver<number> {
  override onStart(): void {}
  override onStop(): void {}
}

test("the output operations of a batch have the ids 0, 1, 2 and start and complete in that order", async (t) => {
  const { ssc, clock, stream } = job(t, [[1]]);
  stream.foreachRDD(() => {});
  stream.print(0);
  stream.map((n) => n + 1).foreachRDD(() => {});
  const [started, completed]: OutputOperationInfo[][] = [[], []];
  ssc.addStreamingListener({
    onOutputOperationStarted: ({ outputOperationInfo }) => started?.push(outputOperationInfo),
    onOutputOperationCompleted: ({ outputOperationInfo }) => completed?.push(outputOperationInfo),
  });
  await ssc.start();
  t.mock.method(process.stdout, "write", () => true);
  await clock.advance(1_000);
  t.mock.restoreAll();
  const ids = (infos: OutputOperationInfo[] | undefined) => infos?.map(({ id, name }) => [id, name]);
  const expected = [
    [0, "foreachRDD"],
    [1, "print"],
    [2, "foreachRDD"],
  ];
  assert.deepEqual(ids(started), expected);
  assert.deepEqual(ids(completed), expected);
  assert.deepEqual(
    completed?.map(({ startTime, endTime, failureReason }) => [startTime, endTime, failureReason]),
    Array(3).fill([1_000, 1_000, undefined]),
  );
});

for (const failing of [[1], [0, 2]]) {
  test(`outputs ${failing.join(" and ")} fail: each has its own reason, the others have none`, async (t) => {
    const { ssc, clock, stream } = job(t, [[1]]);
    for (const id of [0, 1, 2]) {
      stream.foreachRDD(() => {
        if (failing.includes(id)) throw new Error(`reason ${id}`);
      });
    }
    const reasons: (string | undefined)[] = [];
    const ofBatch: BatchInfo["outputOperationInfos"][] = [];
    ssc.addStreamingListener({
      onBatchSubmitted: ({ batchInfo }) => ofBatch.push(batchInfo.outputOperationInfos),
      onBatchCompleted: ({ batchInfo }) => ofBatch.push(batchInfo.outputOperationInfos),
      onOutputOperationCompleted: ({ outputOperationInfo: { id, failureReason } }) => {
        reasons[id] = failureReason?.match(/reason \d/)?.[0];
      },
    });
    await ssc.start();
    const ended = assert.rejects(ssc.awaitTermination(), { code: "USER_FUNCTION_FAILED" });
    await clock.advance(1_000);
    await ended;
    assert.deepEqual(
      ofBatch.map((infos) => [...infos.keys()]),
      [[], [0, 1, 2]],
    );
    for (const [id, { failureReason }] of ofBatch[1] ?? [])
      assert.ok(failing.includes(id) === (failureReason !== undefined));
    assert.deepEqual(
      reasons,
      [0, 1, 2].map((id) => (failing.includes(id) ? `reason ${id}` : undefined)),
    );
    assert.match(ssc.progress.lastError ?? "", /USER_FUNCTION_FAILED/);
  });
}

test("after stop nothing is heard, and a listener that was removed hears nothing more", async (t) => {
  const { ssc, clock, stream } = job(t, [[1], [2], [3]]);
  stream.foreachRDD(() => {});
  const heard: string[] = [];
  const removed = { onBatchCompleted: () => void heard.push("removed") };
  ssc.addStreamingListener(removed);
  ssc.addStreamingListener({ onBatchSubmitted: () => void heard.push("submitted") });
  await ssc.start();
  await clock.advance(1_000);
  ssc.removeStreamingListener(removed);
  await clock.advance(1_000);
  await ssc.stop();
  await clock.advance(1_000);
  assert.deepEqual(heard, ["submitted", "removed", "submitted"]);
});

test("StatsReportListener prints the spread of the last batches' delays, in Spark's form", () => {
  const printed: string[] = [];
  const listener = new StatsReportListener(2, (text) => printed.push(text));
  for (const [processingDelay, totalDelay] of [
    [100, 100],
    [10, 25],
    [20, 3_000],
  ] as const) {
    const batchInfo = {
      batchTime: 0,
      submissionTime: 0,
      numRecords: 0,
      streamIdToInputInfo: new Map(),
      outputOperationInfos: new Map(),
    };
    listener.onBatchCompleted({ batchInfo: { ...batchInfo, processingDelay, totalDelay } });
  }
  const header = "\t0%\t5%\t10%\t25%\t50%\t75%\t90%\t95%\t100%";
  const quantiles = (least: string, most: string): string =>
    `\t${[...Array(4).fill(least), ...Array(5).fill(most)].join("\t")}`;
  assert.deepEqual(printed.slice(-2), [
    `Total delay: (count: 2, mean: 1512.5, stdev: 1487.5, max: 3000, min: 25)\n${header}\n${quantiles("25.0 ms", "3.0 s")}\n`,
    `Processing time: (count: 2, mean: 15, stdev: 5, max: 20, min: 10)\n${header}\n${quantiles("10.0 ms", "20.0 ms")}\n`,
  ]);
  assert.throws(() => new StatsReportListener(0), { code: "INVALID_OPTION" });
});

test("a listener that throws or rejects is a warning, with its line, and the job goes on", async (t) => {
  const { ssc, clock, stream } = job(t, [[1], [2]]);
  stream.foreachRDD(() => {});
  ssc.addStreamingListener({
    onBatchStarted() {
      throw new RangeError("no start");
    },
    async onBatchCompleted() {
      throw new RangeError("no end");
    },
  });
  const printer = new StatsReportListener(1, async () => {
    throw new RangeError("no printer");
  });
  ssc.addStreamingListener(printer);
  const warned = t.mock.method(process, "emitWarning", () => {});
  await ssc.start();
  await clock.advance(2_000);
  assert.equal(ssc.progress.batchesCompleted, 2);
  const warnings = warned.mock.calls.map(({ arguments: [text, options] }) => [
    text,
    (options as { type: string }).type,
  ]);
  for (const text of [
    /^onBatchStarted of a StreamingListener threw: RangeError: no start \(test\/unit\/listeners\.test\.ts:\d+:\d+\)$/,
    /^onBatchCompleted of a StreamingListener rejected: RangeError: no end \(test\/unit\/listeners\.test\.ts:\d+:\d+\)$/,
    /^write of a StatsReportListener rejected: RangeError: no printer \(/,
  ]) {
    assert.ok(
      warnings.some(([warning, type]) => text.test(warning as string) && type === "DStreamListener"),
      `${text}`,
    );
  }
});
