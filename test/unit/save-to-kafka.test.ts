import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConsumerRecord, type DStream, KafkaUtils, StreamingContext } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { readRecords } from "../../src/sources/kafka/reading/record-source.ts";

async function recordsOf(brokers: string, topic: string, partition = 0): Promise<ConsumerRecord<unknown, unknown>[]> {
  const client = new KafkaClient({ brokers: [brokers] }, thisMachine);
  const [end] = await client.listOffsets([{ topic, partition }], "latest", "read_committed");
  const records: ConsumerRecord<unknown, unknown>[] = [];
  const range = { topic, partition, fromOffset: 0, untilOffset: end?.offset ?? 0 };
  for await (const batch of readRecords(client, range, { nullValues: "keep" }, new AbortController().signal))
    records.push(...batch);
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

/** The records of a topic of two partitions that a job sends of rows. */
async function sentRecords(send: (rows: DStream<string>, brokers: readonly string[]) => void): Promise<unknown[]> {
  const broker = await EmbeddedBroker.start();
  const brokers = [broker.bootstrapServers];
  for (const topic of ["out", "other"]) await broker.createTopic(topic, { partitions: 2 });
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "sends", batchInterval: 1_000, clock });
  send(ssc.queueStream([["a", "b"]]), brokers);
  const ended = ssc.awaitTermination();
  await ssc.start();
  await clock.advance(1_000);
  await ssc.stop();
  try {
    await ended;
    const all = await Promise.all(
      ["out", "other"].flatMap((topic) =>
        [0, 1].map((partition) => recordsOf(broker.bootstrapServers, topic, partition)),
      ),
    );
    return all.flat().map(({ topic, partition, key, value, headers }) => {
      const texts = headers.map(([name, bytes]) => `${name}=${Buffer.from(bytes ?? []).toString()}`);
      return [topic, partition, key, value, ...texts];
    });
  } finally {
    await broker.stop();
  }
}

test("saveToKafka takes serializers of keys and of values", async () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const pairs = await sentRecords((rows, brokers) =>
    rows
      .map((row) => [row, 1] as const)
      .saveToKafka({
        brokers,
        topic: "out",
        keySerializer: (k) => bytes(`<${k}>`),
        valueSerializer: (n) => bytes(`${n + 1}!`),
      }),
  );
  assert.deepEqual(pairs.map((record) => (record as unknown[]).slice(2)).sort(), [
    ["<a>", "2!"],
    ["<b>", "2!"],
  ]);
  const values = await sentRecords((rows, brokers) => {
    rows.filter((row) => row === "a").saveToKafka({ brokers, topic: "out", valueSerializer: () => bytes("x") });
  });
  assert.deepEqual(
    values.map((record) => (record as unknown[]).slice(2)),
    [[null, "x"]],
  );
});

test("toRecord chooses topic, partition, key, value and headers", async () => {
  const sent = await sentRecords((rows, brokers) =>
    rows.saveToKafka({
      brokers,
      topic: "out",
      toRecord: (row) =>
        row === "a"
          ? {
              key: row,
              value: null,
              partition: 1,
              headers: [
                ["kind", "letter"],
                ["bytes", new Uint8Array([55])],
              ],
            }
          : { topic: "other", value: row, partition: 0 },
    }),
  );
  assert.deepEqual(sent, [
    ["out", 1, "a", null, "kind=letter", "bytes=7"],
    ["other", 0, null, "b"],
  ]);
});

test("a serializer that throws, and a partition that is not there, end the job", async () => {
  const throws = (): never => {
    throw new TypeError("no");
  };
  await assert.rejects(
    sentRecords((rows, brokers) => rows.saveToKafka({ brokers, topic: "out", valueSerializer: throws })),
    {
      code: "USER_FUNCTION_FAILED",
      message: /the function of saveToKafka \(test\/unit\/save-to-kafka\.test\.ts:\d+:\d+\) threw TypeError/,
    },
  );
  await assert.rejects(
    sentRecords((rows, brokers) =>
      rows.saveToKafka({ brokers, topic: "out", toRecord: (value) => ({ value, partition: 2 }) }),
    ),
    { code: "INVALID_OPTION", message: /partition/ },
  );
  const rows = new StreamingContext({ appName: "refused", batchInterval: 1_000 }).queueStream([["a"]]);
  const both = { topic: "t", toRecord: (value: string) => ({ value }), valueSerializer: () => null };
  assert.throws(() => rows.saveToKafka(both), { code: "INVALID_OPTION", message: /left out beside toRecord/ });
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
