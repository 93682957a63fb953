import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { KafkaProducer, KafkaUtils, StreamingContext } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { committedOffset, createPartitions, deleteRecords, startKafkaJob } from "../support/kafka-job.ts";
import { RecordedLog } from "../support/recorded-log.ts";

// Topics that change under a job while it runs.

let broker: EmbeddedBroker;
let brokers: string;
before(async () => {
  broker = await EmbeddedBroker.start();
  brokers = broker.bootstrapServers;
});
after(() => broker.stop());

/** A batch of the log for each value. */
async function send(topic: string, values: readonly string[], partition = 0, address = brokers): Promise<void> {
  const producer = new KafkaProducer({ brokers: [address], lingerMs: 0 });
  for (const value of values) await producer.send({ topic, partition, value });
  await producer.close();
}

test("retention that overtakes a job ends it, naming the offset and what the log has", async () => {
  await broker.createTopic("overtaken-fail");
  await send("overtaken-fail", ["a"]);
  const job = await startKafkaJob(brokers, { topics: ["overtaken-fail"] });
  assert.deepEqual(await job.next(), ["a"]);
  await send("overtaken-fail", ["b", "c", "d"]);
  await deleteRecords(brokers, "overtaken-fail", 3);
  await job.next();
  await assert.rejects(job.ended, {
    code: "OFFSET_OUT_OF_RANGE",
    message:
      /^\[OFFSET_OUT_OF_RANGE\] offset 1 of overtaken-fail-0 is not in the log, which has 3 to 4; choose onOffsetOutOfRange/,
  });
  assert.equal(await committedOffset(brokers, "overtaken-fail"), 1);
});

for (const [policy, expected] of [
  ["earliest", [["a"], ["d"], ["e"]]],
  ["latest", [["a"], [], ["e"]]],
] as const) {
  test(`a job that retention overtakes goes on at the ${policy} offset where it was told to`, async () => {
    const topic = `overtaken-${policy}`;
    await broker.createTopic(topic);
    await send(topic, ["a"]);
    const job = await startKafkaJob(brokers, { topics: [topic], onOffsetOutOfRange: policy });
    const batches = [await job.next()];
    await send(topic, ["b", "c", "d"]);
    await deleteRecords(brokers, topic, 3);
    batches.push(await job.next());
    await send(topic, ["e"]);
    batches.push(await job.next());
    await job.stop();
    assert.deepEqual(batches, expected);
    assert.equal(await committedOffset(brokers, topic), 5);
  });
}

for (const [policy, expected] of [
  ["fail", "OFFSET_OUT_OF_RANGE"],
  ["earliest", [["c"], ["d"]]],
  ["latest", [[], ["d"]]],
] as const) {
  test(`retention between the plan of a batch and its reading is met with "${policy}", too`, async () => {
    const topic = `behind-the-plan-${policy}`;
    await broker.createTopic(topic);
    await send(topic, ["a", "b", "c"]);
    // The other stream's task runs first, when the range of this one is planned.
    const job = await startKafkaJob(brokers, { topics: [topic], onOffsetOutOfRange: policy }, (ssc) => {
      ssc.queueStream([["once"]]).foreachPartition(async (rows) => {
        for (const _row of rows) await deleteRecords(brokers, topic, 2);
      });
    });
    const first = await job.next();
    if (policy === "fail") {
      await assert.rejects(job.ended, { code: expected, message: /which has 2 to 3/ });
      return;
    }
    await send(topic, ["d"]);
    assert.deepEqual([first, await job.next()], expected);
    await job.stop();
  });
}

test("partitions that a topic gets while a job runs are read from their start", async () => {
  await broker.createTopic("widened");
  await send("widened", ["a"]);
  const job = await startKafkaJob(brokers, { topics: ["widened"], autoOffsetReset: "latest" });
  assert.deepEqual(await job.next(), []);
  await createPartitions(brokers, "widened", 3);
  await send("widened", ["b"], 2);
  await send("widened", ["c"], 1);
  const found = await job.next(5);
  await send("widened", ["d"], 2);
  assert.deepEqual([found.sort(), await job.next()], [["b", "c"], ["d"]]);
  await job.stop();
  assert.deepEqual(
    [await committedOffset(brokers, "widened", 1), await committedOffset(brokers, "widened", 2)],
    [1, 2],
  );
});

test("topics that match the pattern later are found while the job runs, and others left alone", async () => {
  const job = await startKafkaJob(brokers, { topicPattern: /^orders-/, autoOffsetReset: "latest" });
  assert.deepEqual(await job.next(), []);
  await broker.createTopic("orders-eu", { partitions: 2 });
  await broker.createTopic("old-orders-eu");
  await send("orders-eu", ["a"], 0);
  await send("orders-eu", ["b"], 1);
  await send("old-orders-eu", ["c"]);
  assert.deepEqual((await job.next(5)).sort(), ["a", "b"]);
  await job.stop();
});

test("a topic, or a partition, that is named twice is read once; a global pattern finds all topics", async () => {
  for (const topic of ["twice-a", "twice-b", "twice-c"]) {
    await broker.createTopic(topic);
    await send(topic, [topic]);
  }
  const partition = { topic: "twice-a", partition: 0 };
  for (const [subscription, expected] of [
    [{ topics: ["twice-a", "twice-b", "twice-a"] }, ["twice-a", "twice-b"]],
    [{ assign: [partition, partition] }, ["twice-a"]],
    [{ topicPattern: /^twice-/g }, ["twice-a", "twice-b", "twice-c"]],
  ] as const) {
    const job = await startKafkaJob(brokers, { ...subscription, startingOffsets: "earliest" });
    assert.deepEqual((await job.next()).sort(), expected);
    await job.stop();
  }
});

test("a job waits for a broker that is away, says so, and goes on where it was", async () => {
  const dir = mkdtempSync(join(tmpdir(), "dstream-broker-"));
  const first = await EmbeddedBroker.start({ dir });
  const address = first.bootstrapServers;
  await first.createTopic("away");
  await send("away", ["a"], 0, address);
  const said = new RecordedLog();
  const job = await startKafkaJob(address, { topics: ["away"], logger: said });
  assert.deepEqual(await job.next(), ["a"]);
  await first.stop();
  const warned = said.next("WAITING");
  const waiting = job.next();
  const { message, batchTime } = await warned;
  assert.equal(batchTime, 2_000);
  assert.match(message, /^batch 2000 waits up to a minute: \[BROKER_UNREACHABLE\] no broker of /);
  const second = await EmbeddedBroker.start({ dir, port: Number(address.split(":")[1]) });
  assert.deepEqual(await waiting, []);
  assert.deepEqual(
    said.of("WAITING_ENDED").map(({ level, message }) => [level, message]),
    [["info", "batch 2000 has what it waited for"]],
  );
  await send("away", ["b"], 0, address);
  assert.deepEqual(await job.next(), ["b"]);
  await job.stop();
  await second.stop();
  rmSync(dir, { recursive: true });
});

test("a start waits for a broker that is away, says so, and begins when it is there", async () => {
  const dir = mkdtempSync(join(tmpdir(), "dstream-broker-"));
  const first = await EmbeddedBroker.start({ dir });
  const address = first.bootstrapServers;
  await first.createTopic("late");
  await first.stop();
  const said = new RecordedLog();
  const warned = said.next("WAITING");
  const starting = startKafkaJob(address, { topics: ["late"], startingOffsets: "earliest", logger: said });
  const { message } = await warned;
  assert.match(message, /^the start of the job waits up to a minute: \[BROKER_UNREACHABLE\] no broker of /);
  const second = await EmbeddedBroker.start({ dir, port: Number(address.split(":")[1]) });
  const job = await starting;
  await send("late", ["a"], 0, address);
  assert.deepEqual(await job.next(), ["a"]);
  await job.stop();
  await second.stop();
  rmSync(dir, { recursive: true });
});

for (const [how, options] of Object.entries({ "": {}, " gracefully": { stopGracefully: true } })) {
  test(`a start that waits for a broker can be stopped${how}, at once`, async () => {
    const said = new RecordedLog();
    const ssc = new StreamingContext({ appName: "kafka-job", batchInterval: 1_000, logger: said });
    KafkaUtils.createDirectStream(ssc, { brokers: ["127.0.0.1:1"], topics: ["t"] }).foreachRDD(() => {});
    const warned = said.next("WAITING");
    const starting = ssc.start();
    await warned;
    const since = performance.now();
    await ssc.stop(options);
    await Promise.all([starting, ssc.awaitTermination()]);
    assert.ok(performance.now() - since < 1_000);
  });
}

test("a job whose broker is away can be stopped", async () => {
  const gone = await EmbeddedBroker.start();
  await gone.createTopic("gone");
  const said = new RecordedLog();
  const job = await startKafkaJob(gone.bootstrapServers, { topics: ["gone"], logger: said });
  await gone.stop();
  const warned = said.next("WAITING");
  const waiting = job.next();
  await warned;
  await job.stop();
  await Promise.all([waiting, job.ended]);
});
