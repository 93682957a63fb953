import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  type BatchInfo,
  type OutputOperationInfo,
  Receiver,
  RetryableError,
  StatsReportListener,
  StreamingContext,
  type StreamingListener,
} from "dstream";
import { ManualClock } from "dstream/testing";
import { JobHistory } from "../../src/listeners/job-history.ts";
import { progressOf } from "../../src/listeners/progress.ts";
import { RecordedLog } from "../support/recorded-log.ts";

// The behaviour of Spark's StreamingListenerSuite.

function job(
  t: TestContext,
  queue: number[][],
): { ssc: StreamingContext; clock: ManualClock; stream: Stream; said: RecordedLog } {
  const said = new RecordedLog();
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "listeners", batchInterval: 1_000, clock, logger: said });
  t.after(() => ssc.stop());
  return { ssc, clock, stream: ssc.queueStream(queue), said };
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

test("a batch that is run again is heard of with the reason, and at its end has the work of the last attempt only", async (t) => {
  const { ssc, clock, stream } = job(t, [[1, 2]]);
  let calls = 0;
  stream.foreachRDD(() => {
    calls++;
    if (calls < 3) throw new RetryableError(`reason ${calls}`);
  });
  const heard: unknown[] = [];
  ssc.addStreamingListener({
    onBatchRetried: ({ batchTime, attempt, reason }) => heard.push([batchTime, attempt, /reason \d/.exec(reason)?.[0]]),
    onBatchCompleted: ({ batchInfo }) => heard.push(batchInfo),
  });
  await ssc.start();
  await clock.advance(1_000);
  const { facts, failureReason } = heard.pop() as BatchInfo;
  assert.deepEqual(heard, [
    [1_000, 1, "reason 1"],
    [1_000, 2, "reason 2"],
  ]);
  assert.deepEqual([facts?.retries, facts?.sources[0]?.records, failureReason], [2, 2, undefined]);
  const { batchRetries, batchesCompleted, lastError } = ssc.progress;
  assert.deepEqual([batchRetries, batchesCompleted], [2, 1]);
  assert.match(lastError ?? "", /reason 2/);
});

test("a batch that fails says why, and has the phases up to there; the job's failure is heard of after it", async (t) => {
  const { ssc, clock, stream } = job(t, [[1]]);
  stream.foreachRDD(() => {
    throw new Error("no output");
  });
  const heard: [string, string | undefined, string[]][] = [];
  ssc.addStreamingListener({
    onBatchCompleted: ({ batchInfo: { failureReason, facts } }) =>
      heard.push(["batch", failureReason, Object.keys(facts?.phases ?? {})]),
    onStreamingFailed: ({ time, reason }) => heard.push([`job at ${time}`, reason, []]),
  });
  await ssc.start();
  const ended = assert.rejects(ssc.awaitTermination(), { code: "USER_FUNCTION_FAILED" });
  await clock.advance(1_000);
  await ended;
  const [batch, failed] = heard;
  assert.match(batch?.[1] ?? "", /^\[USER_FUNCTION_FAILED\] .* caused by no output/);
  assert.deepEqual(batch?.[2], ["plan", "log", "read", "compute"]);
  assert.deepEqual(failed, ["job at 1000", batch?.[1], []]);
  assert.equal(ssc.progress.lastError, batch?.[1]);
});

test("batches that waited when the job failed are heard of as dropped, and none waits any more", async (t) => {
  const ssc = new StreamingContext({ appName: "listeners", batchInterval: 10 });
  t.after(() => ssc.stop());
  const waits = Promise.withResolvers<void>();
  ssc.queueStream([[1]]).foreachRDD(async () => {
    await waits.promise;
    throw new Error("no output");
  });
  const [submitted, dropped]: [number[], number[]] = [[], []];
  let waiting = 0;
  ssc.addStreamingListener({
    onBatchSubmitted({ batchInfo }) {
      submitted.push(batchInfo.batchTime);
      if (submitted.length === 4) waits.resolve();
    },
    onBatchDropped({ batchTime }) {
      dropped.push(batchTime);
    },
    onBatchCompleted() {
      waiting = ssc.progress.batchesWaiting;
    },
  });
  await ssc.start();
  await assert.rejects(ssc.awaitTermination(), { code: "USER_FUNCTION_FAILED" });
  assert.deepEqual(dropped, submitted.slice(1));
  assert.deepEqual([waiting, ssc.progress.batchesWaiting], [dropped.length, 0]);
});

test("all that progress says is in what listeners hear, as JSON but for maps, and the same at each event", async (t) => {
  const { ssc, clock, stream, said } = job(t, [[1, 2], [3], []]);
  let calls = 0;
  stream.foreachRDD(() => {
    calls++;
    if (calls === 2) throw new RetryableError("later");
  });
  ssc.receiverStream(new Silent()).print(0);
  const heard = new JobHistory();
  const copied = (event: unknown): unknown => {
    const maps = (key: string, value: unknown): unknown => (value instanceof Map ? { [key]: [...value] } : value);
    const back = (key: string, value: Record<string, [unknown, unknown][]>): unknown =>
      /Infos?$/.test(key) && value?.[key] ? new Map(value[key]) : value;
    return JSON.parse(JSON.stringify(event, maps), back);
  };
  const names = [
    "onStreamingStarted",
    "onBatchSubmitted",
    "onBatchStarted",
    "onBatchRetried",
    "onBatchCompleted",
  ] as const;
  const events: string[] = [];
  const hear = (name: (typeof names)[number]) => (event: unknown) => {
    const copy = copied(event);
    assert.deepEqual(copy, event);
    (heard[name] as (event: unknown) => void)(copy);
    assert.deepEqual(progressOf(heard), ssc.progress);
    events.push(name);
  };
  ssc.addStreamingListener(Object.fromEntries(names.map((name) => [name, hear(name)])) as StreamingListener);
  t.mock.method(process.stdout, "write", () => true);
  await ssc.start();
  await clock.advance(3_000);
  assert.deepEqual(said.of("LISTENER_FAILED"), []);
  assert.equal(events.length, 1 + 3 * 3 + 1);
  const { batchesCompleted, recordsProcessed, batchRetries } = progressOf(heard);
  assert.deepEqual([batchesCompleted, recordsProcessed, batchRetries], [3, 3, 1]);
});

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

test("StatsReportListener prints the spread of the last batches' delays, in Spark's form", async () => {
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
    await listener.onBatchCompleted({ batchInfo: { ...batchInfo, processingDelay, totalDelay } });
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
  const { ssc, clock, stream, said } = job(t, [[1], [2]]);
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
  await ssc.start();
  await clock.advance(2_000);
  assert.equal(ssc.progress.batchesCompleted, 2);
  for (const text of [
    /^onBatchStarted of a StreamingListener threw: RangeError: no start \(test\/unit\/listeners\.test\.ts:\d+:\d+\)$/,
    /^onBatchCompleted of a StreamingListener rejected: RangeError: no end \(test\/unit\/listeners\.test\.ts:\d+:\d+\)$/,
    /^onBatchCompleted of a StreamingListener rejected: RangeError: no printer \(/,
  ]) {
    assert.ok(
      said.warnings("LISTENER_FAILED").some((warning) => text.test(warning)),
      `${text}`,
    );
  }
});
