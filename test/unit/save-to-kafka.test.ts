import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConsumerRecord, KafkaUtils, StreamingContext } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { readRecords } from "../../src/kafka/source/record-source.ts";

async function recordsOf(brokers: string, topic: string): Promise<ConsumerRecord<unknown, unknown>[]> {
  const client = new KafkaClient({ brokers: [brokers] });
  const [end] = await client.listOffsets([{ topic, partition: 0 }], "latest", "read_committed");
  const records: ConsumerRecord<unknown, unknown>[] = [];
  const range = { topic, partition: 0, fromOffset: 0, untilOffset: end?.offset ?? 0 };
  for await (const batch of readRecords(client, range, {}, new AbortController().signal)) records.push(...batch);
  await client.close();
  return records;
}

test("saveToKafka sends pairs as key and value, and a direct stream reads them with their offset ranges", async () => {
  const broker = await EmbeddedBroker.start();
  const brokers = [broker.bootstrapServers];
  await broker.createTopic("counts");
  const clock = new ManualClock();
  const writing = new StreamingContext({ appName: "writing", batchInterval: 1_000, clock });
  writing
    .queueStream([["a", "b", "a"]])
    .map((word) => [word, 1] as const)
    .reduceByKey((a, b) => a + b)
    .saveToKafka({ brokers, topic: "counts" });
  await writing.start();
  await clock.advance(1_000);
  await writing.stop();
  const sent = (await recordsOf(broker.bootstrapServers, "counts")).map(({ key, value }) => [key, value]);
  assert.deepEqual(sent.sort(), [
    ["a", "2"],
    ["b", "1"],
  ]);

  const reading = new StreamingContext({
    appName: "reading",
    batchInterval: 1_000,
    clock: new ManualClock(),
    master: "local",
  });
  const readClock = reading.options.clock as ManualClock;
  const seen: unknown[] = [];
  KafkaUtils.createDirectStream(reading, { brokers, topics: ["counts"], autoOffsetReset: "earliest" })
    .map((record) => `${record.key}=${record.value}`)
    .foreachRDD(async (rdd) => {
      seen.push([rdd.offsetRanges, (await rdd.collect()).sort()]);
    });
  await reading.start();
  await readClock.advance(2_000);
  await reading.stop();
  await broker.stop();
  const at = { topic: "counts", partition: 0 };
  assert.deepEqual(seen, [
    [[{ ...at, fromOffset: 0, untilOffset: 2 }], ["a=2", "b=1"]],
    [[{ ...at, fromOffset: 2, untilOffset: 2 }], []],
  ]);
});

test("exactly-once delivery needs a checkpoint, and so does a transactional id", async () => {
  for (const options of [{ delivery: "exactly-once" }, { transactionalId: "mine" }] as const) {
    const ssc = new StreamingContext({ appName: "refused", batchInterval: 1_000, master: "local" });
    ssc.queueStream([["a"]]).saveToKafka({ topic: "t", ...options });
    await assert.rejects(ssc.start(), { code: "CHECKPOINT_REQUIRED", data: { topic: "t", option: "checkpointDir" } });
  }
});

test("exactly-once sinks of a job share one cluster, one transactional id and one timeout", async () => {
  for (const other of [{ brokers: ["localhost:2"] }, { transactionalId: "mine" }, { transactionTimeout: 1 }]) {
    const ssc = new StreamingContext({ appName: "refused", batchInterval: 1_000, checkpointDir: "never made" });
    const rows = ssc.queueStream([["a"]]);
    rows.saveToKafka({ topic: "a", brokers: ["localhost:1"] });
    rows.saveToKafka({ topic: "b", brokers: ["localhost:1"], ...other });
    await assert.rejects(ssc.start(), { code: "INVALID_OPTION", message: /of the exactly-once sink "b" must be/ });
  }
});
