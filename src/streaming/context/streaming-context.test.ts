import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../testing/manual-clock.ts";
import type { StreamingContextOptions } from "./context-options.ts";
import { StreamingContext } from "./streaming-context.ts";

const context = (options: Partial<StreamingContextOptions> = {}): StreamingContext =>
  new StreamingContext({
    appName: "test",
    batchInterval: 1_000,
    master: "local",
    clock: new ManualClock(),
    ...options,
  });
const withCode = (code: string) => ({ code });

test("a context goes from INITIALIZED to ACTIVE to STOPPED", async () => {
  const ssc = context();
  ssc.queueStream([[1]]).foreachRDD(() => {});
  assert.equal(ssc.state, "INITIALIZED");
  await ssc.start();
  assert.equal(ssc.state, "ACTIVE");
  assert.equal(StreamingContext.getActive(), ssc);
  await ssc.start();
  await ssc.stop();
  assert.equal(ssc.state, "STOPPED");
  assert.equal(StreamingContext.getActive(), undefined);
  await ssc.stop();
  await ssc.awaitTermination();
});

test("a context without an output operation does not start, and is stopped then", async () => {
  const ssc = context();
  const numbers = ssc.queueStream([[1]]);
  await assert.rejects(ssc.start(), withCode("NO_OUTPUT_OPERATION"));
  assert.equal(ssc.state, "STOPPED");
  assert.throws(() => numbers.print(), withCode("ILLEGAL_STATE"));
  await ssc.awaitTermination();
});

test("a context cannot be started after it was stopped", async () => {
  const ssc = context();
  ssc.queueStream([[1]]).foreachRDD(() => {});
  await ssc.stop();
  await assert.rejects(ssc.start(), withCode("ILLEGAL_STATE"));
});

test("a context that ran cannot be started again after it was stopped, nor one whose start failed", async () => {
  const [ran, failed] = [context(), context()];
  ran.queueStream([[1]]).foreachRDD(() => {});
  await Promise.all([ran.start(), ran.start()]);
  await ran.stop();
  await assert.rejects(ran.start(), withCode("ILLEGAL_STATE"));
  await assert.rejects(failed.start(), withCode("NO_OUTPUT_OPERATION"));
  await assert.rejects(failed.start(), withCode("ILLEGAL_STATE"));
});

test("only one context of a process is active; another one can be started when it is stopped", async () => {
  const [first, second] = [context(), context()];
  for (const ssc of [first, second]) ssc.queueStream([[1]]).foreachRDD(() => {});
  await first.start();
  await assert.rejects(second.start(), withCode("CONTEXT_ALREADY_ACTIVE"));
  assert.deepEqual([StreamingContext.getActive(), second.state], [first, "INITIALIZED"]);
  await first.stop();
  await second.start();
  assert.equal(second.state, "ACTIVE");
  await second.stop();
});

test("streams cannot be added once the context was started", async () => {
  const ssc = context();
  const numbers = ssc.queueStream([[1]]);
  numbers.foreachRDD(() => {});
  await ssc.start();
  assert.throws(() => numbers.map((n) => n), withCode("ILLEGAL_STATE"));
  assert.throws(() => ssc.queueStream([[1]]), withCode("ILLEGAL_STATE"));
  await ssc.stop();
});

test("awaitTermination rejects with the error of a function in foreachRDD, which is its cause", async () => {
  const clock = new ManualClock();
  const ssc = context({ clock });
  ssc.queueStream([[1]]).foreachRDD(() => {
    throw new RangeError("mine");
  });
  await ssc.start();
  const ended = assert.rejects(ssc.awaitTermination(), (error: Error & { code: string }) => {
    assert.equal(error.code, "USER_FUNCTION_FAILED");
    assert.equal((error.cause as Error).message, "mine");
    return true;
  });
  await clock.advance(1_000);
  await ended;
});

test("awaitTerminationOrTimeout is false before the end and true after it", async () => {
  const ssc = context();
  ssc.queueStream([[1]]).foreachRDD(() => {});
  await ssc.start();
  assert.equal(await ssc.awaitTerminationOrTimeout(1), false);
  await ssc.stop();
  assert.equal(await ssc.awaitTerminationOrTimeout(1_000), true);
});

test("stop inside foreachRDD takes effect after the batch; what waits is not run", async () => {
  const clock = new ManualClock();
  const ssc = context({ clock });
  const times: number[] = [];
  ssc.queueStream([[1], [2], [3]]).foreachRDD(async (_rdd, time) => {
    times.push(time);
    if (time === 2_000) await ssc.stop();
  });
  await ssc.start();
  await clock.advance(5_000);
  await ssc.awaitTermination();
  assert.deepEqual(times, [1_000, 2_000]);
});

test("stop inside foreachRDD keeps a batch from running that is being planned then", async () => {
  const planning = Promise.withResolvers<void>();
  const planned = Promise.withResolvers<void>();
  const ssc = new StreamingContext({ appName: "stopping", batchInterval: 20 });
  const slow = ssc.parallelize([2]);
  const collect = async (): Promise<number[]> => {
    planning.resolve();
    await planned.promise;
    return [2];
  };
  Object.assign(slow, { glom: () => ({ collect: async () => [await collect()] }) });
  const seen: number[] = [];
  ssc.queueStream<number>([[1], slow]).foreachRDD(async (rdd) => {
    seen.push(...(await rdd.collect()));
    await planning.promise;
    await ssc.stop();
  });
  ssc.addStreamingListener({ onBatchCompleted: () => planned.resolve() });
  await ssc.start();
  await ssc.awaitTermination();
  assert.deepEqual(seen, [1]);
});

test("stop inside a listener throws", async () => {
  const clock = new ManualClock();
  const ssc = context({ clock });
  ssc.queueStream([[1]]).foreachRDD(() => {});
  let refused: Promise<void> | undefined;
  ssc.addStreamingListener({
    onBatchCompleted: () => {
      refused = assert.rejects(ssc.stop(), withCode("ILLEGAL_STATE"));
    },
  });
  await ssc.start();
  await clock.advance(1_000);
  await refused;
  await ssc.stop();
});

test("listeners hear of each batch and output in order, with the delays that are known", async () => {
  const clock = new ManualClock();
  const ssc = context({ clock });
  const numbers = ssc.queueStream([[1, 2]]);
  numbers.foreachRDD(() => {});
  numbers.count().foreachRDD(() => {});
  const heard: string[] = [];
  ssc.addStreamingListener({
    onBatchSubmitted: ({ batchInfo }) => heard.push(`submitted ${batchInfo.numRecords} ${batchInfo.schedulingDelay}`),
    onBatchStarted: ({ batchInfo }) => heard.push(`started ${batchInfo.schedulingDelay} ${batchInfo.processingDelay}`),
    onOutputOperationCompleted: ({ outputOperationInfo }) =>
      heard.push(`output ${outputOperationInfo.id} ${outputOperationInfo.failureReason}`),
    onBatchCompleted: ({ batchInfo }) => heard.push(`completed ${batchInfo.totalDelay}`),
  });
  await ssc.start();
  await clock.advance(1_000);
  await ssc.stop();
  assert.deepEqual(heard, [
    "submitted 2 undefined",
    "started 0 undefined",
    "output 0 undefined",
    "output 1 undefined",
    "completed 0",
  ]);
  assert.deepEqual([ssc.progress.batchesCompleted, ssc.progress.recordsProcessed], [1, 2]);
});

test("a context takes its own streams only, and at least one", () => {
  const [ssc, other] = [context(), context()];
  const foreign = other.queueStream([[1]]);
  const rule = (text: string) => ({ code: "ILLEGAL_STATE", message: `[ILLEGAL_STATE] ${text}` });
  assert.throws(() => ssc.union(foreign), rule("union takes streams of one context only"));
  assert.throws(() => ssc.transform([foreign], ([rdd]) => rdd), rule("transform takes streams of one context only"));
  assert.throws(() => ssc.queueStream([[1]]).union(foreign), rule("union takes streams of one context only"));
  assert.throws(() => ssc.union(), rule("union needs at least one stream"));
});

test("a union with a stream that has no RDD fails the batch", async () => {
  const clock = new ManualClock();
  const ssc = context({ clock });
  ssc
    .queueStream<number>([null])
    .union(ssc.queueStream([[1]]))
    .foreachRDD(() => {});
  await ssc.start();
  const ended = assert.rejects(ssc.awaitTermination(), withCode("ILLEGAL_STATE"));
  await clock.advance(1_000);
  await ended;
});

test("options are checked, and unknown ones name the nearest", () => {
  assert.throws(() => context({ batchIntervall: 5 } as object), /did you mean "batchInterval"/);
  assert.throws(() => context({ batchInterval: 0 }), withCode("INVALID_OPTION"));
  assert.throws(() => context({ checkpointDir: "" }), withCode("INVALID_OPTION"));
});

test("an RDD gives rows, counts and the first, and refuses more bytes than allowed", async () => {
  const clock = new ManualClock();
  const ssc = context({ clock, maxResultBytes: 100 });
  const small = Array.from({ length: 5 }, (_, i) => i);
  const large = Array.from({ length: 1_000 }, (_, i) => `row ${i}`);
  const seen: unknown[] = [];
  ssc.queueStream<number | string>([small, large, []]).foreachRDD(async (rdd) => {
    const rows = await rdd.collect().catch((error: { code: string }) => error.code);
    seen.push([await rdd.count(), await rdd.isEmpty(), rows]);
  });
  await ssc.start();
  await clock.advance(3_000);
  await ssc.stop();
  assert.deepEqual(seen, [
    [5, false, small],
    [1_000, false, "RESULT_TOO_LARGE"],
    [0, true, []],
  ]);
});

test("offset ranges of a stream behind a shuffle are not empty, but an error that says where to read them", async () => {
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "ranges", batchInterval: 1_000, clock });
  const ones = ssc.queueStream([["a"]]).map((word) => [word, 1] as const);
  const seen: unknown[] = [];
  ones.foreachRDD((rdd) => void seen.push(rdd.offsetRanges));
  ones.reduceByKey((a, b) => a + b).foreachRDD((rdd) => void seen.push(rdd.offsetRanges));
  const ended = assert.rejects(ssc.awaitTermination(), { code: "ILLEGAL_STATE", message: /has no offset ranges/ });
  await ssc.start();
  await clock.advance(1_000);
  await ended;
  assert.deepEqual(seen, [[]]);
});
