import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  type DStreamError,
  KafkaProducer,
  KafkaUtils,
  PIDRateEstimator,
  StateSpec,
  StatsReportListener,
  StreamingContext,
} from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { FlumeReceiver } from "dstream/flume-receiver";
import { HttpReceiver } from "dstream/http-receiver";
import { KinesisReceiver } from "dstream/kinesis-receiver";
import { ManualClock } from "dstream/testing";
import { startKafkaJob } from "../support/kafka-job.ts";

// A number that is none becomes an offset, a timer or a length somewhere else. Each place that takes a number refuses, at the call,
// what is no number, and so does each function that gives one.

const isNone = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, "5", "x", 5n, true, null, {}, [5]];
const oddities = [...isNone, Symbol("5"), Promise.resolve(5), () => 5];

const ssc = new StreamingContext({ appName: "numbers", batchInterval: 1_000 });
const rows = ssc.queueStream([[1]]);
const pairs = rows.map((row) => [row, row] as const);
const rdd = ssc.parallelize([1, 2, 3]);
const pairRDD = ssc.parallelize([[1, 1] as const]);
const context = (option: string) => (given: never) =>
  new StreamingContext({ appName: "job", batchInterval: 1_000, [option]: given });
const stream = (option: string) => (given: never) =>
  KafkaUtils.createDirectStream(ssc, { topics: ["t"], [option]: given } as never);
const range = { topic: "t", partition: 0, fromOffset: 0, untilOffset: 1 };
const estimator = { batchInterval: 1, proportional: 1, integral: 1, derived: 1, minRate: 1 };
const kinesis = { streamName: "s", positionsFile: "f" };

const places: Readonly<Record<string, readonly [call: (given: never) => unknown, ...others: number[]]>> = {
  batchInterval: [context("batchInterval"), -1, 0, 1.5],
  maxResultBytes: [context("maxResultBytes"), -1, 0, 1.5],
  defaultParallelism: [context("defaultParallelism"), -1, 0, 1.5],
  gracefulStopTimeout: [context("gracefulStopTimeout"), -1, 1.5],
  stateBuckets: [context("stateBuckets"), -1, 0, 1.5],
  maxBatchRetries: [context("maxBatchRetries"), -1, 1.5],
  "backpressure.initialRate": [(n) => context("backpressure")({ initialRate: n } as never), -1, 0],
  "backpressure.minRate": [(n) => context("backpressure")({ minRate: n } as never), -1, 0],
  "backpressure.maxRate": [(n) => context("backpressure")({ maxRate: n } as never), -1, 0],
  "backpressure.pid": [(n) => context("backpressure")({ pid: { integral: n } } as never), -1],
  minRatePerPartition: [stream("minRatePerPartition"), -1, 0, 1.5],
  maxRatePerPartition: [stream("maxRatePerPartition"), -1, 0],
  maxDecompressedBytes: [stream("maxDecompressedBytes"), -1, 0, 1.5],
  "the timestamp to start at": [(n) => stream("startingOffsets")({ timestamp: n } as never), -1, 1.5],
  "the offset to start at": [
    (n) => stream("startingOffsets")([{ topic: "t", partition: 0, offset: n }] as never),
    -1,
    1.5,
    2 ** 53,
  ],
  "the partition to start at": [
    (n) => stream("startingOffsets")([{ topic: "t", partition: n, offset: 0 }] as never),
    -1,
  ],
  "a partition of assign": [
    (partition) => KafkaUtils.createDirectStream(ssc, { assign: [{ topic: "t", partition }] }),
    -1,
    1.5,
  ],
  "a range of createRDD": [
    (untilOffset) => KafkaUtils.createRDD(ssc, { offsetRanges: [{ ...range, untilOffset }] }),
    -1,
    1.5,
    2 ** 53,
  ],
  "a range of commitAsync": [
    (untilOffset) => KafkaUtils.createDirectStream(ssc, { topics: ["t"] }).commitAsync([{ ...range, untilOffset }]),
    -1,
    1.5,
  ],
  transactionTimeout: [
    (transactionTimeout) => pairs.saveToKafka({ topic: "t", transactionTimeout }),
    -1,
    0,
    1.5,
    2 ** 31,
  ],
  "a partitioner": [(n) => pairs.reduceByKey((a) => a, n), -1, 0, 1.5],
  "repartition's partitions": [(n) => rows.repartition(n), -1, 0, 1.5],
  "a queue's partitions": [(numPartitions) => ssc.queueStream([], { numPartitions }), -1, 0, 1.5],
  "parallelize's partitions": [(n) => ssc.parallelize([1], n), -1, 0, 1.5],
  "a window": [(n) => rows.window(n), -1, 0, 1.5],
  "a slide": [(n) => rows.window(1_000, n), -1, 0, 1.5],
  "a checkpoint interval": [(n) => rows.checkpoint(n), -1, 0, 1.5],
  "a duration to remember": [(n) => ssc.remember(n), -1, 0],
  "the times of slice": [(n) => rows.slice(0, n)],
  "rows to print": [(n) => rows.print(n), -1, 1.5],
  "a timeout of state": [(n) => StateSpec.function(() => 1).timeout(n), -1, 0],
  "a timeout of waiting": [(n) => ssc.awaitTerminationOrTimeout(n), -1],
  "a port to listen to": [(n) => ssc.socketTextStream("localhost", n), -1, 0, 1.5, 65_536],
  "a length of records": [(n) => ssc.binaryRecordsStream("d", n), -1, 0, 1.5],
  "an accumulator": [(n) => ssc.accumulator(n)],
  "what is added to an accumulator": [(n) => ssc.accumulator(0).add(n)],
  "a fraction of rows": [(n) => rdd.sample(false, n), -1, 1.5],
  "a fraction of rows that may come again": [(n) => rdd.sample(true, n), -1],
  "a seed": [(n) => rdd.sample(false, 0.5, n), 1.5],
  "a seed of a sample that is taken": [(n) => rdd.takeSample(false, 1, n), 1.5],
  "a seed of a split": [(n) => rdd.randomSplit([1, 1], n), 1.5],
  "the weights of a split": [(n) => rdd.randomSplit([1, n]), -1],
  "a fraction of a key's rows": [(n) => pairRDD.sampleByKey(false, [[1, n]]), -1, 1.5],
  "rows to take": [(n) => rdd.take(n), -1, 1.5],
  "top rows": [(n) => rdd.top(n), -1, 1.5],
  "a depth": [(n) => rdd.treeReduce((a) => a, n), -1, 0, 1.5],
  "partitions to coalesce": [(n) => rdd.coalesce(n), -1, 0, 1.5],
  "a timeout of an approximation": [(n) => rdd.countApprox(n), -1],
  "a confidence": [(n) => rdd.countApprox(1, n), -1, 1.5],
  "a relative deviation": [(n) => rdd.countApproxDistinct(n), -1, 0, 1.5],
  "buckets of a histogram": [(n) => rdd.histogram(n), -1, 0, 1.5],
  "a report's batches": [(n) => new StatsReportListener(n), -1, 0, 1.5],
  "an estimator's interval": [(batchInterval) => new PIDRateEstimator({ ...estimator, batchInterval }), -1, 0],
  "an estimator's weight": [(derived) => new PIDRateEstimator({ ...estimator, derived }), -1],
  "an estimator's least rate": [(minRate) => new PIDRateEstimator({ ...estimator, minRate }), -1, 0],
  "a producer's linger": [(lingerMs) => new KafkaProducer({ brokers: ["h:1"], lingerMs }), -1],
  "a producer's timeout": [(deliveryTimeoutMs) => new KafkaProducer({ brokers: ["h:1"], deliveryTimeoutMs }), -1, 0],
  "an HTTP receiver's port": [(port) => new HttpReceiver({ port }), -1, 1.5, 65_536],
  "an HTTP receiver's body": [(maxBodyBytes) => new HttpReceiver({ port: 0, maxBodyBytes }), -1, 0, 1.5],
  "a Flume receiver's port": [(port) => new FlumeReceiver({ port }), -1, 1.5, 65_536],
  "a Flume receiver's frames": [(maxFrameBytes) => new FlumeReceiver({ port: 0, maxFrameBytes }), -1, 0, 1.5],
  "a Flume receiver's time": [(requestTimeout) => new FlumeReceiver({ port: 0, requestTimeout }), -1, 0, 1.5, 2 ** 31],
  "Kinesis's interval": [(pollInterval) => new KinesisReceiver({ ...kinesis, pollInterval }), -1, 0],
  "Kinesis's position": [(timestamp) => new KinesisReceiver({ ...kinesis, startingPosition: { timestamp } }), -1],
  "a broker's port": [(port) => EmbeddedBroker.start({ port }), -1, 1.5, 65_536],
  "a broker's bytes": [(maxBytes) => EmbeddedBroker.start({ maxBytes }), -1, 0, 1.5],
  "a clock's start": [(n) => new ManualClock(n)],
  "a clock's step": [(n) => new ManualClock().advance(n), -1],
};

for (const [place, [call, ...others]] of Object.entries(places)) {
  test(`${place} is a number of the right kind, or refused at the call`, async () => {
    // `histogram` also takes bounds, and an option that is null is there.
    const bounds = place === "buckets of a histogram" ? [[5]] : [];
    const isFunctionToo = place.endsWith("RatePerPartition");
    for (const given of [
      ...oddities.filter((odd) => !isFunctionToo || typeof odd !== "function"),
      ...bounds,
      ...others,
    ]) {
      await assert.rejects(
        async () => void (await call(given as never)),
        (error: DStreamError) => {
          assert.match(String(error.code), /^INVALID_(OPTION|WINDOW)$/, `${String(given)}: ${error}`);
          return true;
        },
        String(given),
      );
    }
  });
}

async function filled(t: TestContext, count: number): Promise<string> {
  const broker = await EmbeddedBroker.start();
  t.after(() => broker.stop());
  await broker.createTopic("input");
  const producer = new KafkaProducer({ brokers: [broker.bootstrapServers] });
  await Promise.all(Array.from({ length: count }, () => producer.send({ topic: "input", value: "x" })));
  await producer.close();
  return broker.bootstrapServers;
}

test("a rate function that gives what is no rate ends the batch that called it, with its line and the partition", async (t) => {
  const brokers = await filled(t, 3);
  const given: readonly (readonly ["minRatePerPartition" | "maxRatePerPartition", unknown, RegExp])[] = [
    ["maxRatePerPartition", Number.NaN, /must be a number of records per second, at least 0, not NaN/],
    ["maxRatePerPartition", Number.POSITIVE_INFINITY, /not Infinity/],
    ["maxRatePerPartition", -1, /not -1/],
    ["maxRatePerPartition", "5", /not the text "5"/],
    ["maxRatePerPartition", 5n, /not the bigint 5n/],
    ["maxRatePerPartition", "rejects", /not a promise/],
    ["maxRatePerPartition", undefined, /not undefined/],
    ["minRatePerPartition", 1.5, /must be an integer of at least 0, not 1\.5/],
    ["minRatePerPartition", Number.NaN, /not NaN/],
    ["minRatePerPartition", Promise.resolve(1), /not a promise/],
  ];
  for (const [option, value, message] of given) {
    const job = await startKafkaJob(brokers, {
      topics: ["input"],
      maxRatePerPartition: 1,
      [option]: (() => (value === "rejects" ? Promise.reject(new Error("nobody waits")) : value)) as () => number,
    });
    await job.next();
    await assert.rejects(job.ended, (error: DStreamError) => {
      assert.equal(error.code, "INVALID_OPTION");
      assert.match(error.message, message);
      assert.match(
        error.message,
        new RegExp(`the function of ${option} \\(.*kafka-job\\.ts:\\d+:\\d+\\) gives for input-0`),
      );
      return true;
    });
  }
});

test("rates that are no whole numbers of a batch, and functions that set none, plan whole offsets", async (t) => {
  const brokers = await filled(t, 5);
  const slow = await startKafkaJob(brokers, { topics: ["input"], maxRatePerPartition: 1.5 });
  assert.deepEqual([await slow.next(), await slow.next()], [["x"], ["x"]]);
  await slow.stop();
  const free = await startKafkaJob(brokers, { topics: ["input"], groupId: "free", maxRatePerPartition: () => 0 });
  assert.equal((await free.next()).length, 5);
  await free.stop();
});
