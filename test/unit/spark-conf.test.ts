import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  type DStreamError,
  KafkaProducer,
  KafkaUtils,
  Receiver,
  StreamingContext,
  type StreamingContextOptions,
} from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";
import { sparkSettings } from "../../src/streaming/context/spark-conf/spark-settings.ts";

// Settings of Spark in `conf`: obeyed where they mean the same, refused with what to set where they do not.

const context = (conf: Record<string, string>, options: Partial<StreamingContextOptions> = {}): StreamingContext =>
  new StreamingContext({ appName: "job", batchInterval: 1_000, ...options, conf });

/** Of each setting that has an option: a value as Spark writes it, what the options then have, and options that differ. */
const obeyed: readonly (readonly [setting: string, text: string, becomes: object, differs: object])[] = [
  ["spark.master", "local[2]", { master: "local[2]" }, { master: "local" }],
  ["spark.remote", "sc://h:1", { master: "sc://h:1" }, { master: "local" }],
  ["spark.default.parallelism", "8", { defaultParallelism: 8 }, { defaultParallelism: 4 }],
  ["spark.driver.maxResultSize", "1g", { maxResultBytes: 2 ** 30 }, { maxResultBytes: 5 }],
  ["spark.driver.maxResultSize", "512m", { maxResultBytes: 2 ** 29 }, { maxResultBytes: 5 }],
  ["spark.driver.maxResultSize", "64KB", { maxResultBytes: 2 ** 16 }, { maxResultBytes: 5 }],
  ["spark.driver.maxResultSize", "1000", { maxResultBytes: 1_000 }, { maxResultBytes: 5 }],
  [
    "spark.streaming.backpressure.enabled",
    "true",
    { backpressure: { enabled: true } },
    { backpressure: { enabled: false } },
  ],
  [
    "spark.streaming.backpressure.initialRate",
    "7",
    { backpressure: { initialRate: 7 } },
    { backpressure: { initialRate: 8 } },
  ],
  [
    "spark.streaming.backpressure.pid.integral",
    "0.5",
    { backpressure: { pid: { integral: 0.5 } } },
    { backpressure: { pid: { integral: 1 } } },
  ],
  ["spark.streaming.backpressure.pid.minRate", "5", { backpressure: { minRate: 5 } }, { backpressure: { minRate: 6 } }],
  [
    "spark.streaming.stopGracefullyOnShutdown",
    "TRUE",
    { stopGracefullyOnShutdown: true },
    { stopGracefullyOnShutdown: false },
  ],
  ["spark.streaming.gracefulStopTimeout", "5s", { gracefulStopTimeout: 5_000 }, { gracefulStopTimeout: 6_000 }],
  ["spark.streaming.gracefulStopTimeout", "2min", { gracefulStopTimeout: 120_000 }, { gracefulStopTimeout: 6_000 }],
  ["spark.streaming.gracefulStopTimeout", "700", { gracefulStopTimeout: 700 }, { gracefulStopTimeout: 6_000 }],
  ["spark.streaming.checkpoint.directory", "/c", { checkpointDir: "/c" }, { checkpointDir: "/d" }],
];

for (const [setting, text, becomes, differs] of obeyed) {
  test(`${setting}=${text} is obeyed as the option is, also beside the same option, and refused beside another`, () => {
    const conf = { [setting]: text };
    for (const same of [{}, becomes]) {
      const { options } = context(conf, same);
      assert.deepEqual({ ...options, ...becomes }, options);
      assert.deepEqual(options.conf, {});
    }
    assert.throws(
      () => context(conf, differs),
      (error: DStreamError) => {
        assert.equal(error.code, "INVALID_OPTION");
        const [option] = Object.keys(becomes) as [string];
        assert.ok(error.message.includes(`conf["${setting}"] says `), error.message);
        assert.match(error.message, new RegExp(`the option ${option}[\\w.]* .*; leave one of them out$`));
        return true;
      },
    );
  });
}

test("a part of backpressure by setting and another by option go together", () => {
  const conf = { "spark.streaming.backpressure.enabled": "true", "spark.streaming.backpressure.pid.derived": "0.1" };
  const { options } = context(conf, { backpressure: { maxRate: 100, pid: { integral: 0.3 } } });
  assert.deepEqual(options.backpressure, { enabled: true, maxRate: 100, pid: { integral: 0.3, derived: 0.1 } });
});

test("the name of the job may be Spark's, and has to be the same where both are given", () => {
  assert.equal(
    new StreamingContext({ batchInterval: 1, conf: { "spark.app.name": "a" } } as never).options.appName,
    "a",
  );
  assert.throws(() => context({ "spark.app.name": "other" }), {
    code: "INVALID_OPTION",
    message: /says other and the option appName job/,
  });
});

for (const [setting, text, message] of [
  ["spark.task.maxFailures", "4", /must be left out, not "4": set maxBatchRetries: a batch is run again, not a task/],
  ["spark.streaming.concurrentJobs", "2", /must be "1", or left out, not "2": batches run one after the other/],
  ["spark.streaming.receiver.writeAheadLog.enable", "true", /must be "false", or left out.*store\(\)/],
  ["spark.streaming.backpressure.rateEstimator", "mine", /must be "pid"/],
  ["spark.streaming.clock", "org.Clock", /set the option clock/],
  ["spark.streaming.stopGracefullyOnShutdown", "yes", /must be "true" or "false", not "yes"/],
  ["spark.streaming.gracefulStopTimeout", "5 parsecs", /must be a time such as "200ms", "10s" or "2min"/],
  ["spark.streaming.blockInterval", "0", /of at least 1 ms, not "0"/],
  ["spark.driver.maxResultSize", "0", /must be a size above 0 such as "512m"/],
  ["spark.driver.maxResultSize", "1.5g", /must be a size above 0/],
  ["spark.default.parallelism", "many", /must be an integer of at least 1, not "many"/],
  ["spark.streaming.kafka.minRatePerPartition", "1.5", /must be an integer of at least 1, not "1\.5"/],
  ["spark.streaming.backpressure.pid.integral", "NaN", /must be a number of at least 0, not "NaN"/],
] as const) {
  test(`${setting}=${text} is refused with what to do`, () => {
    assert.throws(() => context({ [setting]: text }), { code: "INVALID_OPTION", message });
  });
}

test("a setting of Spark Streaming that there is not is refused with what is near", () => {
  assert.throws(() => context({ "spark.streaming.backpresure.enabled": "true" }), {
    code: "UNKNOWN_OPTION",
    message:
      /has the setting "spark\.streaming\.backpresure\.enabled"; did you mean "spark\.streaming\.backpressure\.enabled"\?/,
  });
});

test("settings on which nothing depends are accepted, and others are the cluster's", () => {
  const conf = {
    "spark.streaming.unpersist": "false",
    "spark.streaming.concurrentJobs": "1",
    "spark.sql.shuffle.partitions": "4",
  };
  assert.deepEqual(context(conf).options.conf, { "spark.sql.shuffle.partitions": "4" });
});

test("the limits of Kafka partitions hold for each direct stream that has none of its own", async (t) => {
  const broker = await EmbeddedBroker.start();
  t.after(() => broker.stop());
  await broker.createTopic("in");
  const brokers = [broker.bootstrapServers];
  const producer = new KafkaProducer({ brokers });
  await Promise.all(Array.from({ length: 10 }, () => producer.send({ topic: "in", value: "x" })));
  await producer.close();
  const clock = new ManualClock();
  const ssc = context({ "spark.streaming.kafka.maxRatePerPartition": "3" }, { clock });
  const source = { brokers, topics: ["in"], startingOffsets: "earliest" } as const;
  const counts: number[] = [];
  KafkaUtils.createDirectStream(ssc, source).foreachRDD(async (rdd) => void counts.push(await rdd.count()));
  KafkaUtils.createDirectStream(ssc, { ...source, groupId: "same", maxRatePerPartition: 3 });
  for (const maxRatePerPartition of [4, () => 3]) {
    assert.throws(() => KafkaUtils.createDirectStream(ssc, { ...source, maxRatePerPartition }), {
      code: "INVALID_OPTION",
      message: /conf\["spark\.streaming\.kafka\.maxRatePerPartition"\] says 3 and the option maxRatePerPartition /,
    });
  }
  await ssc.start();
  await clock.advance(2_000);
  await ssc.stop();
  assert.deepEqual(counts, [3, 3]);
  const free = context({ "spark.streaming.kafka.maxRatePerPartition": "0" });
  KafkaUtils.createDirectStream(free, { ...source, maxRatePerPartition: 4 });
});

class Numbers extends Receiver<number> {
  override onStart(): void {
    for (let n = 0; n < 10; n++) void this.store(n);
  }

  override onStop(): void {}
}

test("the limit of receivers holds for receivers, and their block interval makes partitions", async () => {
  const clock = new ManualClock();
  const ssc = context({ "spark.streaming.receiver.maxRate": "4", "spark.streaming.blockInterval": "1s" }, { clock });
  const counts: number[] = [];
  ssc.receiverStream(new Numbers()).foreachRDD(async (rdd) => void counts.push(await rdd.count()));
  await ssc.start();
  await clock.advance(2_000);
  await ssc.stop();
  assert.deepEqual(counts, [4, 4]);
  assert.throws(() => context({ "spark.streaming.receiver.maxRate": "4" }, { backpressure: { maxRate: 5 } }), {
    message: /says 4 and the option backpressure\.maxRate 5/,
  });
});

test("the guide has every setting that is known", () => {
  const guide = readFileSync(new URL("../../docs/guide/from-spark.md", import.meta.url), "utf8");
  const missing = Object.keys(sparkSettings).filter((name) => !guide.includes(`\`${name}\``));
  assert.deepEqual(missing, []);
  const inGuide = [...guide.matchAll(/`(spark\.[\w.]+)`/g)].map(([, name]) => name as string);
  assert.deepEqual(
    inGuide.filter((name) => !Object.hasOwn(sparkSettings, name)),
    [],
  );
});
