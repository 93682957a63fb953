import assert from "node:assert/strict";
import { test } from "node:test";
import { deserializers, KafkaUtils, PIDRateEstimator, Receiver, StreamingContext } from "dstream";
import { FlumeReceiver } from "dstream/flume-receiver";
import { HttpReceiver } from "dstream/http-receiver";
import { KinesisReceiver } from "dstream/kinesis-receiver";

// Objects inside of options, and what is easily taken for none: a name that is not known is refused, and the nearest one said.

const ssc = new StreamingContext({ appName: "typos", batchInterval: 1_000 });
const numbers = ssc.queueStream([[1]]);
const pairs = numbers.map((n) => [n, n] as const);
const kafka = (options: object): unknown =>
  KafkaUtils.createDirectStream(ssc, { brokers: ["127.0.0.1:9"], topics: ["a"], ...options });
const kinesis = { streamName: "s", positionsFile: "./p" };
const estimator = { batchInterval: 1_000, proportional: 1, integral: 1, derived: 0, minRate: 100 };
class Idle extends Receiver<number> {
  onStart(): void {}
  onStop(): void {}
}

const typos: Readonly<Record<string, readonly [where: RegExp, near: string, () => unknown]>> = {
  assign: [
    /each of assign/,
    "partition",
    () => kafka({ topics: undefined, assign: [{ topic: "a", partition: 0, partitions: 1 }] }),
  ],
  offsets: [
    /each of startingOffsets/,
    "offset",
    () => kafka({ startingOffsets: [{ topic: "a", partition: 0, offset: 1, ofset: 2 }] }),
  ],
  timestamp: [/startingOffsets/, "timestamp", () => kafka({ startingOffsets: { timestmp: 1 } })],
  backpressure: [
    /backpressure/,
    "maxRate",
    () => new StreamingContext({ appName: "a", batchInterval: 1, backpressure: { maxrate: 1 } as object }),
  ],
  pid: [
    /backpressure\.pid/,
    "integral",
    () => new StreamingContext({ appName: "a", batchInterval: 1, backpressure: { pid: { integrl: 1 } as object } }),
  ],
  estimator: [
    /PIDRateEstimator/,
    "integral",
    () => new PIDRateEstimator({ ...estimator, integrals: 1 } as typeof estimator),
  ],
  receiver: [/restart/, "delayMs", () => new Idle().restart("lost", { delayms: 5 } as object)],
  http: [/HttpReceiver/, "token", () => new HttpReceiver({ port: 0, tokens: "a" } as { port: number })],
  flume: [/FlumeReceiver/, "maxFrameBytes", () => new FlumeReceiver({ port: 0, maxFrameByte: 1 } as { port: number })],
  "flume.tls": [/FlumeReceiver's tls/, "cert", () => new FlumeReceiver({ port: 0, tls: { crt: "" } as never })],
  kinesis: [
    /KinesisReceiver's startingPosition/,
    "timestamp",
    () => new KinesisReceiver({ ...kinesis, startingPosition: { timestamp: 1, timestmp: 1 } as { timestamp: number } }),
  ],
  listener: [/a listener/, "onBatchCompleted", () => ssc.addStreamingListener({ onBatchComplete() {} } as object)],
  deserializers: [/deserializers/, "json", () => (deserializers as unknown as { jsno: unknown }).jsno],
  window: [
    /reduceByKeyAndWindow/,
    "inverse",
    () => pairs.reduceByKeyAndWindow((a) => a, 1_000, 1_000, { invers: 1 } as object),
  ],
  state: [/updateStateByKey/, "initialState", () => pairs.updateStateByKey(() => 1, { initialstate: [] } as object)],
};

for (const [name, [where, near, make]] of Object.entries(typos)) {
  test(`a typo in ${name} is refused, and "${near}" is said`, () => {
    assert.throws(make, ({ code, message }) => {
      assert.equal(code, "UNKNOWN_OPTION", message);
      assert.match(message, where);
      assert.ok(message.endsWith(`did you mean "${near}"?`), message);
      return true;
    });
  });
}

test("deserializers.json takes no options, and is called before it is given", () => {
  const json = deserializers.json as (...given: unknown[]) => unknown;
  assert.throws(() => json({ strict: true }), {
    code: "UNKNOWN_OPTION",
    message: /json has no option "strict"; it has none/,
  });
  assert.throws(() => json(Buffer.from("1"), { topic: "a" }), { code: "INVALID_OPTION", message: /call it/ });
});

test("a listener may have other properties, and tools may look at deserializers", () => {
  ssc.addStreamingListener({ seen: [], onBatchCompleted() {}, only: 1 } as object);
  const looked = deserializers as unknown as Record<string, unknown>;
  for (const name of ["then", "toJSON", "toString", "constructor", "$$typeof", "asymmetricMatch", "nodeType"])
    void looked[name];
  assert.deepEqual(Object.keys(deserializers), ["string", "bytes", "json"]);
});

test("a method of a listener that is no function is refused", () => {
  const ssc = new StreamingContext({ appName: "test", batchInterval: 1_000 });
  assert.throws(() => ssc.addStreamingListener({ onBatchCompleted: 17 as never }), {
    code: "INVALID_OPTION",
    message: /a listener's onBatchCompleted must be a function, not 17/,
  });
});

test("a URI is no path of a folder", () => {
  const refused = {
    code: "INVALID_OPTION",
    message: /must be .* in a file system that all workers reach, and no URI, not/,
  };
  const context = (checkpointDir?: string) =>
    new StreamingContext({ appName: "test", batchInterval: 1_000, ...(checkpointDir && { checkpointDir }) });
  for (const uri of ["s3://bucket/a", "s3a://bucket/a", "file:///tmp/a", "hdfs://h:1/a", "file:/tmp/a"]) {
    assert.throws(() => context(uri), refused);
    assert.throws(() => context().textFileStream(uri), refused);
    assert.throws(
      () =>
        context()
          .queueStream([["a"]])
          .saveAsTextFiles(uri),
      refused,
    );
  }
  context("./a:b/c");
});
