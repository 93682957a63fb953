import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { KafkaProducer, KafkaUtils, StreamingContext } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// A job whose last batch did not end, and whose program has other sources when it is started again.

let broker: EmbeddedBroker;
before(async () => {
  broker = await EmbeddedBroker.start();
  const producer = new KafkaProducer({ brokers: [broker.bootstrapServers] });
  for (const topic of ["left", "right"]) {
    await broker.createTopic(topic);
    await producer.send({ topic, value: `${topic} 1` });
  }
  await producer.close();
});
after(() => broker.stop());

interface Start {
  readonly checkpointDir: string;
  readonly clock: ManualClock;
  /** Topics of its streams, in their order. */
  readonly topics: readonly string[];
  /** Whether the first batch throws. */
  readonly fails?: boolean;
  readonly add?: (ssc: StreamingContext) => void;
}

/** Runs one batch. Returns what the streams had, by topic. */
async function runBatch({
  checkpointDir,
  clock,
  topics,
  fails = false,
  add,
}: Start): Promise<Record<string, string[]>> {
  const ssc = new StreamingContext({ appName: "changing", batchInterval: 1_000, clock, checkpointDir });
  const seen: Record<string, string[]> = {};
  for (const topic of topics) {
    const brokers = [broker.bootstrapServers];
    const stream = KafkaUtils.createDirectStream(ssc, { brokers, topics: [topic], startingOffsets: "earliest" });
    stream
      .map(({ value }) => value)
      .foreachRDD(async (rdd) => {
        const values = await rdd.collect();
        if (fails) throw new Error("the output is down");
        seen[topic] = [...(seen[topic] ?? []), ...values];
      });
  }
  add?.(ssc);
  const ended = ssc.awaitTermination();
  ended.catch(() => {});
  await ssc.start();
  await clock.advance(1_000);
  await ssc.stop();
  if (!fails) await ended;
  return seen;
}

function fresh(t: TestContext): Pick<Start, "checkpointDir" | "clock"> {
  return { checkpointDir: join(temporaryDirectory(t), "checkpoint"), clock: new ManualClock() };
}

test("a batch that did not end is run again with its records, also where the streams have another order", async (t) => {
  const job = fresh(t);
  await runBatch({ ...job, topics: ["left", "right"], fails: true });
  const seen = await runBatch({ ...job, topics: ["right", "left"] });
  assert.deepEqual(seen, { right: ["right 1"], left: ["left 1"] });
});

test("a batch that did not end is run again beside a stream of files that the program did not have then", async (t) => {
  const job = fresh(t);
  await runBatch({ ...job, topics: ["left"], fails: true });
  const folder = temporaryDirectory(t);
  const seen = await runBatch({
    ...job,
    topics: ["left"],
    add: (ssc) => ssc.textFileStream(folder).foreachRDD(() => {}),
  });
  assert.deepEqual(seen, { left: ["left 1"] });
});

test("a stream of files may have the name that a stream of another kind had", async (t) => {
  const job = fresh(t);
  const folder = temporaryDirectory(t);
  const named = (ssc: StreamingContext): void => {
    KafkaUtils.createDirectStream(ssc, { brokers: [broker.bootstrapServers], topics: ["right"] })
      .name("input")
      .foreachRDD(() => {});
  };
  await runBatch({ ...job, topics: ["left"], fails: true, add: named });
  const add = (ssc: StreamingContext): void =>
    ssc
      .textFileStream(folder)
      .name("input")
      .foreachRDD(() => {});
  assert.deepEqual(await runBatch({ ...job, topics: ["left"], add }), { left: ["left 1"] });
});

test("of two streams that read a topic, a batch that did not end goes to one of another name once", async (t) => {
  const job = fresh(t);
  await runBatch({ ...job, topics: ["left", "right", "right"], fails: true });
  const seen = await runBatch({ ...job, topics: ["right"] });
  assert.deepEqual(seen, { right: ["right 1"] });
});
