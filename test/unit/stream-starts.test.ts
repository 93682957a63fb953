import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { type DStreamError, KafkaProducer, KafkaUtils, StreamingContext } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";
import { RecordedLog } from "../support/recorded-log.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// What streams of a job begin with: positions that the program names, and groups that several of them use.

let broker: EmbeddedBroker;
before(async () => {
  broker = await EmbeddedBroker.start();
  await broker.createTopic("orders", { partitions: 2 });
  await broker.createTopic("payments");
});
after(() => broker.stop());

type Streams = readonly Readonly<Record<string, unknown>>[];

/** A job with these streams, started; and what it says. */
async function started(
  t: TestContext,
  streams: Streams,
  options: object = {},
): Promise<{ ssc: StreamingContext; clock: ManualClock; said: RecordedLog; values: unknown[] }> {
  const said = new RecordedLog();
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "starts", batchInterval: 1_000, clock, logger: said, ...options });
  const values: unknown[] = [];
  for (const stream of streams) {
    const source = { brokers: [broker.bootstrapServers], ...stream } as never;
    KafkaUtils.createDirectStream(ssc, source).foreachRDD(async (rdd) => {
      for (const record of await rdd.collect()) values.push(record.value);
    });
  }
  t.after(() => ssc.stop());
  await ssc.start();
  return { ssc, clock, said, values };
}

const collides = {
  code: "INVALID_OPTION",
  message:
    /createDirectStream \(.*stream-starts\.test\.ts:\d+:\d+\) and createDirectStream \(.*\) both read orders-0 with the groupId "starts", .*; give one of the streams a groupId of its own, such as groupId: "starts-2"/,
};

for (const [how, streams] of [
  ["by topics", [{ topics: ["orders"] }, { topics: ["orders"] }]],
  ["by topics and pattern", [{ topics: ["orders"] }, { topicPattern: /^ord/ }]],
  ["by assignment and topics", [{ assign: [{ topic: "orders", partition: 0 }] }, { topics: ["orders", "payments"] }]],
  ["by groups that are given", [{ topics: ["orders"], groupId: "starts" }, { topics: ["orders"] }]],
  [
    "when both begin elsewhere",
    [
      { topics: ["orders"], startingOffsets: "earliest" },
      { topics: ["orders"], startingOffsets: "latest" },
    ],
  ],
  [
    "when one commits and the other begins there",
    [{ topics: ["orders"] }, { topics: ["orders"], commitOffsets: false }],
  ],
] as readonly (readonly [string, Streams])[]) {
  test(`two streams that share a group's offset of a partition are refused at start, ${how}`, async (t) => {
    await assert.rejects(started(t, streams), collides);
  });
}

for (const [how, streams] of [
  ["of other topics", [{ topics: ["orders"] }, { topics: ["payments"] }]],
  ["of other groups", [{ topics: ["orders"] }, { topics: ["orders"], groupId: "other" }]],
  [
    "of other partitions",
    [{ assign: [{ topic: "orders", partition: 0 }] }, { assign: [{ topic: "orders", partition: 1 }] }],
  ],
  [
    "of which one has no use for the group",
    [{ topics: ["orders"] }, { topics: ["orders"], commitOffsets: false, startingOffsets: "earliest" }],
  ],
] as readonly (readonly [string, Streams])[]) {
  test(`streams ${how} start`, async (t) => {
    const { ssc, said } = await started(t, streams);
    assert.deepEqual([ssc.state, said.warnings()], ["ACTIVE", []]);
  });
}

test("with a checkpoint, whose offsets count, streams that share a group's offsets are warned of once", async (t) => {
  const { ssc, said } = await started(t, [{ topics: ["orders"] }, { topics: ["orders"] }], {
    checkpointDir: temporaryDirectory(t),
  });
  assert.equal(ssc.state, "ACTIVE");
  assert.equal(said.warnings("GROUP_SHARED").length, 1);
  assert.match(said.warnings().join(), /both read orders-0 with the groupId "starts".* goes on from its checkpoint/);
});

test("a topic that two patterns find later ends a job whose streams share a group", async (t) => {
  const { ssc, clock } = await started(t, [{ topicPattern: /^late-/ }, { topicPattern: /-comer$/ }]);
  const ended = ssc.awaitTermination();
  ended.catch(() => {});
  await broker.createTopic("late-comer");
  await clock.advance(10_000);
  await assert.rejects(ended, { code: "INVALID_OPTION", message: /both read late-comer-0 with the groupId "starts"/ });
});

test("a stream that commits by commitAsync what another one begins at ends the job", async () => {
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "starts", batchInterval: 1_000, clock });
  const brokers = [broker.bootstrapServers];
  KafkaUtils.createDirectStream(ssc, { brokers, topics: ["orders"] }).foreachRDD(() => {});
  const other = KafkaUtils.createDirectStream(ssc, {
    brokers,
    topics: ["orders"],
    commitOffsets: false,
    startingOffsets: "earliest",
  });
  other.foreachRDD((rdd) => other.commitAsync(rdd.offsetRanges));
  const ended = ssc.awaitTermination();
  ended.catch(() => {});
  await ssc.start();
  await clock.advance(1_000);
  await assert.rejects(ended, { code: "INVALID_OPTION", message: /both read orders-0/ });
});

const at = (topic: string, partition: number, offset = 0) => ({ topic, partition, offset });
for (const [what, options, message] of [
  [
    "a topic that is misspelt",
    { topics: ["orders", "payments"], startingOffsets: [at("ordres", 0)] },
    /startingOffsets names the topic "ordres", which the stream does not read; did you mean "orders"\?/,
  ],
  [
    "a topic of another stream",
    { topics: ["orders"], startingOffsets: [at("payments", 0)] },
    /names the topic "payments", which the stream does not read; it reads orders/,
  ],
  [
    "a topic that the pattern does not find",
    { topicPattern: /^orders$/, startingOffsets: [at("payments", 0)] },
    /names the topic "payments", which the stream does not read; it reads orders/,
  ],
  [
    "a partition that the topic does not have",
    { topics: ["orders"], startingOffsets: [at("orders", 2)] },
    /names orders-2, which the stream does not read; of "orders" it reads partitions 0, 1/,
  ],
  [
    "a partition that is not assigned",
    { assign: [{ topic: "orders", partition: 1 }], startingOffsets: [at("orders", 0)] },
    /names orders-0, which the stream does not read; of "orders" it reads partition 1/,
  ],
  [
    "a partition twice",
    { topics: ["orders"], startingOffsets: [at("orders", 0), at("orders", 0, 1)] },
    /names orders-0 twice/,
  ],
] as const) {
  test(`startingOffsets that name ${what} are refused with what is near`, async (t) => {
    await assert.rejects(started(t, [options]), (error: DStreamError) => {
      assert.equal(error.code, "INVALID_OPTION");
      assert.equal(error.data.option, "startingOffsets");
      assert.match(error.message, message);
      return true;
    });
  });
}

test("partitions that startingOffsets do not name begin at the group's offsets, else as autoOffsetReset says", async (t) => {
  await broker.createTopic("named", { partitions: 3 });
  const producer = new KafkaProducer({ brokers: [broker.bootstrapServers] });
  for (const partition of [0, 1, 2]) {
    for (const n of [0, 1]) await producer.send({ topic: "named", partition, value: `${partition}:${n}` });
  }
  await producer.close();
  const { clock, ssc: first } = await started(t, [
    { assign: [{ topic: "named", partition: 1 }], startingOffsets: [at("named", 1, 1)] },
  ]);
  await clock.advance(1_000);
  await first.stop();
  const again = await started(t, [
    { topics: ["named"], startingOffsets: [at("named", 0, 1)], autoOffsetReset: "earliest" },
  ]);
  await again.clock.advance(1_000);
  assert.deepEqual(again.values, ["0:1", "2:0", "2:1"]);
});
