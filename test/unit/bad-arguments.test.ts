import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import {
  DStreamError,
  KafkaProducer,
  KafkaUtils,
  PIDRateEstimator,
  StateSpec,
  StatsReportListener,
  StreamingContext,
} from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { HttpReceiver } from "dstream/http-receiver";
import { expectBatches, fail, ManualClock, restart, runBatches, testJob } from "dstream/testing";

// Programs without types can give anything in any place. What is not allowed there is INVALID_OPTION at the line that gave it,
// before it does harm elsewhere.

type Call = (given: any) => unknown;
type Kinds = Readonly<Record<string, readonly unknown[]>>;

const f = (): number => 1;
/** Every property throws when it is read, also those that nobody has asked for. */
const throwing = new Proxy(
  {},
  {
    get(_target, name) {
      throw new Error(`nobody reads ${String(name)}`);
    },
    ownKeys() {
      throw new Error("nobody lists them");
    },
  },
);
const anything: Kinds = {
  text: ["x", ""],
  number: [-1, 0, 1.5, 7_000, Number.NaN],
  flag: [true, false],
  list: [[], [1]],
  object: [{}],
  function: [f],
  nothing: [null, 10n, Symbol("x"), throwing, Promise.resolve(1)],
};
const except = (...kinds: readonly string[]): unknown[] =>
  Object.entries(anything).flatMap(([kind, values]) => (kinds.includes(kind) ? [] : values));

const context = (option: string): Call => {
  return (given) => new StreamingContext({ appName: "job", batchInterval: 1_000, [option]: given });
};
const ssc = new StreamingContext({ appName: "bad arguments", batchInterval: 1_000 });
const rows = ssc.queueStream([["a"]]);
const pairs = rows.map((row) => [row, 1] as const);
const stream = (option: string): Call => {
  return (given) => KafkaUtils.createDirectStream(ssc, { topics: ["t"], [option]: given } as never);
};
export const job = testJob<[number], number>(import.meta.url, "numbers", (_ssc, numbers) => numbers);
const run = (option: string): Call => {
  return (given) => runBatches(job, [[[1]]], { [option]: given } as never);
};
const broker = (option: string): Call => {
  return (given) => EmbeddedBroker.start({ [option]: given } as never);
};

const calls: readonly (readonly [what: string, call: Call, refused: readonly unknown[]])[] = [
  ["the options of a context", (given) => new StreamingContext(given), [...except("object"), undefined]],
  ["master", context("master"), except("text")],
  ["jobFile", context("jobFile"), except("text")],
  ["workerEnv", context("workerEnv"), [...except("list"), [1]]],
  ["dropState", context("dropState"), [...except("list"), [1]]],
  ["conf", context("conf"), except("object")],
  ["clock", context("clock"), except()],
  ["fresh", context("fresh"), except("flag")],
  ["stopGracefullyOnShutdown", context("stopGracefullyOnShutdown"), except("flag")],
  ["backpressure", context("backpressure"), except("object")],
  ["backpressure.pid", (pid) => context("backpressure")({ pid }), except("object")],

  ["a stream to join", (given) => pairs.join(given), [...except(), undefined]],
  ["a stream to unite with", (given) => rows.union(given), [...except(), undefined]],
  ["streams to unite", (given) => ssc.union(given), [...except(), undefined]],
  ["a stream to transform with", (given) => rows.transformWith(given, (a) => a), [...except(), undefined]],
  [
    "streams to transform",
    (given) => ssc.transform(given, ([rdd]) => rdd as never),
    [...except("list"), [1], undefined],
  ],
  ["streams to remember", (given) => ssc.remember(1_000, given), [...except("list"), [1]]],
  ["a partitioner", (given) => pairs.groupByKey(given), [...except("number"), 0, { numPartitions: 2 }]],
  ["a StateSpec", (given) => pairs.mapWithState(given), [...except(), undefined]],
  ["a name", (given) => rows.map((row) => row).name(given), [...except("text"), "", undefined]],
  ["a filter", (filter) => pairs.reduceByKeyAndWindow(f, 1_000, 1_000, { inverse: f, filter }), except("function")],
  ["mapSideCombine", (mapSideCombine) => pairs.combineByKey(f, f, f, { mapSideCombine }), except("flag")],
  ["initialState", (initialState) => pairs.updateStateByKey(f, { initialState }), [...except("list"), [1], [["a"]]]],
  ["a window", (given) => rows.window(given), [...except("number"), "1000", ["1000"], undefined]],
  ["a checkpoint interval", (given) => rows.checkpoint(given), [...except("number"), "1000", true, undefined]],
  ["a time of slice", (given) => rows.slice(given, 1_000), [...except("number"), "1000", undefined]],
  ["a timeout of state", (given) => StateSpec.function(f).timeout(given), [...except("number"), "1000", undefined]],
  ["a state's partitioner", (given) => StateSpec.function(f).partitioner(given), [...except("number"), 0]],
  ["a state's name", (given) => StateSpec.function(f).name(given), [...except("text"), "", undefined]],

  ["oneAtATime", (oneAtATime) => ssc.queueStream([], { oneAtATime }), except("flag")],
  ["newFilesOnly", (newFilesOnly) => ssc.textFileStream("d", { newFilesOnly }), except("flag")],
  ["a host", (given) => ssc.socketTextStream(given, 9), [...except("text"), "", undefined]],
  ["a duration to remember", (given) => ssc.remember(given), [...except("number"), "1000", undefined]],
  ["a timeout", (given) => ssc.awaitTerminationOrTimeout(given), [...except("number"), "1000", undefined]],
  [
    "a listener",
    (given) => ssc.addStreamingListener(given),
    [...except("object", "list", "nothing"), null, 10n, undefined],
  ],
  ["an accumulator's name", (name) => ssc.accumulator(0, { name }), [...except("text"), ""]],
  ["an accumulator's initial value", (given) => ssc.accumulator(given), [...except("number"), Number.NaN]],
  ["options of queueStream", (given) => ssc.queueStream([], given), except("object")],
  ["options of updateStateByKey", (given) => pairs.updateStateByKey(f, given), except("object")],
  ["options of stop", (given) => ssc.stop(given), except("object")],
  ["stopGracefully", (stopGracefully) => ssc.stop({ stopGracefully }), except("flag")],
  ["what makes a context", (given) => StreamingContext.getActiveOrCreate(given), [...except("function"), undefined]],
  [
    "the context made",
    (given) => StreamingContext.getActiveOrCreate(() => given),
    [...except("nothing"), null, undefined],
  ],

  ["a Kafka stream's context", (given) => KafkaUtils.createDirectStream(given, { topics: ["t"] }), except()],
  ["a Kafka stream's options", (given) => KafkaUtils.createDirectStream(ssc, given), [...except("object"), undefined]],
  ["an RDD's options", (given) => KafkaUtils.createRDD(ssc, given), [...except("object"), undefined]],
  ["a sink's options", (given) => rows.saveToKafka(given), [...except("object"), undefined]],
  ["topics", stream("topics"), except()],
  ["topicPattern", (topicPattern) => KafkaUtils.createDirectStream(ssc, { topicPattern }), except()],
  ["assign", (assign) => KafkaUtils.createDirectStream(ssc, { assign }), [...except(), [{ topic: "t" }]]],
  ["brokers", stream("brokers"), except("nothing")],
  ["groupId", stream("groupId"), [...except("text"), ""]],
  ["startingOffsets", stream("startingOffsets"), [...except("list"), [{ topic: "t", partition: 0, offset: -1 }]]],
  ["onDeserializationError", stream("onDeserializationError"), except("function")],
  ["commitOffsets", stream("commitOffsets"), except("flag")],
  ["clientId", stream("clientId"), [...except("text"), ""]],
  ["tls", stream("tls"), except("flag", "object", "list")],
  ["sasl", stream("sasl"), [...except(), {}]],
  ["a producer's options", (given) => new KafkaProducer(given), [...except(), undefined]],
  ["an estimator's options", (given) => new PIDRateEstimator(given), [...except(), undefined]],
  ["where a report is written", (given) => new StatsReportListener(1, given), except("function")],
  ["an HTTP receiver's token", (token) => new HttpReceiver({ port: 0, token }), [...except("text"), ""]],

  ["a job to run", (given) => runBatches(given, []), [...except(), undefined]],
  [
    "what a test job builds",
    (given) =>
      runBatches(
        testJob("file:///x", "x", () => given),
        [],
      ),
    [...except(), undefined],
  ],
  ["inputs", (given) => runBatches(job, given), [...except("list"), [1], [[1]], [[undefined]], undefined]],
  ["what is expected", (given) => expectBatches(job, [[[1]]], given), [...except("list"), [1], undefined]],
  ["whether order counts", (ordered) => expectBatches(job, [[[1]]], [[1]], { ordered }), except("flag")],
  ["a run's options", (given) => runBatches(job, [[[1]]], given), except("object")],
  ["a run's master", run("master"), except()],
  ["a run's interval", run("batchInterval"), [...except("number"), 0]],
  ["a run's input partitions", run("numInputPartitions"), [...except("number"), 0]],
  ["a run's batches", run("numBatches"), [...except("number"), -1]],
  ["a run's checkpoint", run("checkpointDir"), [...except("text"), ""]],
  ["a run's clock", run("clock"), except()],
  ["a test job's name", (given) => testJob(import.meta.url, given, f as never), [...except("text"), "", undefined]],
  ["a test job's streams", (given) => testJob(import.meta.url, "x", given), [...except("function"), undefined]],
  ["the message of a failure", (given) => fail(given), [...except("text"), ""]],
  ["where a job is restarted", (master) => restart({ master }), except()],
  ["the start of a clock", (given) => new ManualClock(given), [...except("number"), Number.NaN]],

  ["a broker's options", (given) => EmbeddedBroker.start(given), except("object")],
  ["a broker's host", broker("host"), [...except("text"), ""]],
  ["a broker's folder", broker("dir"), [...except("text"), ""]],
  ["autoCreateTopics", broker("autoCreateTopics"), except("flag")],
  ["a broker's log", broker("log"), except("function")],
];

for (const [what, call, refused] of calls) {
  test(`${what} is refused where it is given, unless it is what it has to be`, async () => {
    for (const given of refused) {
      const shown = inspect(given);
      await assert.rejects(
        async () => {
          await call(given);
        },
        (error: DStreamError) => {
          assert.ok(error instanceof DStreamError, `${shown}: ${error}`);
          assert.match(error.code, /^(INVALID_OPTION|INVALID_WINDOW|UNKNOWN_OPTION)$/, shown);
          assert.match(error.stack ?? "", /bad-arguments\.test\.ts/);
          return true;
        },
        shown,
      );
    }
  });
}

test("a topic of the embedded broker is refused with what is wrong about it", async (t) => {
  const started = await EmbeddedBroker.start();
  t.after(() => started.stop());
  await assert.rejects(started.createTopic("t", { partition: 2 } as object), { code: "UNKNOWN_OPTION" });
  for (const given of except("text")) {
    await assert.rejects(started.createTopic(given as never), { code: "INVALID_OPTION" });
  }
  for (const partitions of [...except("number"), 1.5, 0]) {
    await assert.rejects(started.createTopic("t", { partitions } as object), { code: "INVALID_OPTION" });
  }
});

test("an error says what it saw, but nothing of what is in it", () => {
  const seen = (given: any): string => {
    try {
      context("conf")(given);
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };
  assert.equal(seen(["secret"]), "[INVALID_OPTION] conf must be an object, not an array");
  assert.equal(
    seen(() => "secret"),
    "[INVALID_OPTION] conf must be an object, not a function",
  );
  assert.equal(seen(""), "[INVALID_OPTION] conf must be an object, not an empty string");
  assert.equal(seen(5), "[INVALID_OPTION] conf must be an object, not 5");
});
