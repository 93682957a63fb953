import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type ConsumerRecord, KafkaProducer } from "dstream";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { codecs as codecNumbers } from "../../src/kafka/compression/codec.ts";
import { readRange } from "../../src/kafka/consumer/range-reader.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { readRecords } from "../../src/sources/kafka/reading/record-source.ts";
import { brokerKinds } from "../support/broker-kinds.ts";
import { outputOf } from "../support/processes.ts";
import { javaClient, type RealKafka } from "../support/real-kafka.ts";

// The same against a real Kafka and the embedded broker: what we write others can read, what they write we can, with every codec.

const count = 500;
const codecs = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
async function readAll(client: KafkaClient, topic: string): Promise<ConsumerRecord<unknown, unknown>[]> {
  const partitions = Array.from({ length: await client.partitionCount(topic) }, (_, partition) => ({
    topic,
    partition,
  }));
  const records: ConsumerRecord<unknown, unknown>[] = [];
  for (const { partition, offset } of await client.listOffsets(partitions, "latest", "read_committed")) {
    const range = { topic, partition, fromOffset: 0, untilOffset: offset };
    for await (const batch of readRecords(client, range, { nullValues: "keep" }, new AbortController().signal))
      records.push(...batch);
  }
  return records;
}

/** The codecs of a topic's batches as the broker keeps them. */
async function codecsOf(client: KafkaClient, topic: string): Promise<number[]> {
  const found = new Set<number>();
  for (let partition = 0; partition < (await client.partitionCount(topic)); partition++) {
    const [end] = await client.listOffsets([{ topic, partition }], "latest", "read_committed");
    const range = { topic, partition, fromOffset: 0, untilOffset: end?.offset ?? 0 };
    for await (const { header } of readRange(client, range, { isolationLevel: "read_committed" }))
      found.add(header.codec);
  }
  return [...found];
}

function lineOf({ key, value, headers }: Pick<ConsumerRecord<unknown, unknown>, "key" | "value" | "headers">): string {
  return `${key}|${value}|${headers.map(([name, bytes]) => `${name}=${Buffer.from(bytes ?? []).toString()}`).join("")}`;
}

/** What both sides send: some records without key, some without value, some with a header. */
const sent = Array.from({ length: count }, (_, i) => ({
  key: i % 3 === 0 ? null : `key-${i}`,
  value: i % 7 === 0 ? null : `value-${i}`,
  headers: i % 5 === 0 ? [["h", `header-${i}`] as const] : [],
}));
const sentLines = sent
  .map((record) =>
    lineOf({ ...record, headers: record.headers.map(([name, value]) => [name, Buffer.from(value)] as const) }),
  )
  .sort();

for (const [kind, start] of Object.entries(brokerKinds)) {
  describe(`with ${kind}`, () => {
    let broker: RealKafka;
    let client: KafkaClient;
    before(async () => {
      broker = await start();
      client = new KafkaClient({ brokers: [broker.brokers] }, thisMachine);
    });
    after(async () => {
      await client.close();
      await broker.stop();
    });

    for (const compression of codecs) {
      test(`we read what the Java client writes with ${compression}`, async () => {
        const topic = `java-to-us-${compression}`;
        await client.createTopic(topic, 2);
        await javaClient("RoundTrip", "produce", broker.brokers, topic, compression, String(count));
        assert.deepEqual((await readAll(client, topic)).map(lineOf).sort(), sentLines);
      });

      test(`the Java client and kcat read what we write with ${compression}`, async () => {
        const topic = `us-to-java-${compression}`;
        await client.createTopic(topic, 2);
        const producer = new KafkaProducer({ brokers: [broker.brokers], compression });
        await Promise.all(sent.map((record) => producer.send({ topic, ...record })));
        await producer.close();
        assert.deepEqual(await codecsOf(client, topic), [codecNumbers[compression]]);
        const java = (await javaClient("RoundTrip", "consume", broker.brokers, topic, String(count)))
          .trim()
          .split("\n");
        assert.deepEqual(java.sort(), sentLines);
        const kcat = await outputOf("kcat", [
          "-b",
          broker.brokers,
          "-C",
          "-t",
          topic,
          "-e",
          "-q",
          "-o",
          "beginning",
          "-f",
          "%k %S\\n",
        ]);
        assert.equal(kcat.trim().split("\n").length, count);
      });

      test(`we read what kcat writes with ${compression}`, async () => {
        const topic = `kcat-to-us-${compression}`;
        await client.createTopic(topic, 1);
        const file = join(mkdtempSync(join(tmpdir(), "dstream-")), "lines");
        writeFileSync(file, Array.from({ length: count }, (_, i) => `line ${i}\n`).join(""));
        await outputOf("kcat", ["-b", broker.brokers, "-P", "-t", topic, "-z", compression, "-l", file]);
        assert.deepEqual(
          (await readAll(client, topic)).map(({ value }) => value),
          Array.from({ length: count }, (_, i) => `line ${i}`),
        );
      });
    }

    test("a key goes to the partition that the Java client would choose", async () => {
      const [java, ours] = ["partitions-java", "partitions-ours"];
      for (const topic of [java, ours]) await client.createTopic(topic, 7);
      await javaClient("RoundTrip", "produce", broker.brokers, java, "none", String(count));
      const producer = new KafkaProducer({ brokers: [broker.brokers] });
      await Promise.all(sent.map((record) => producer.send({ topic: ours, ...record })));
      await producer.close();
      const keyed = async (topic: string): Promise<string[]> =>
        (await readAll(client, topic))
          .filter(({ key }) => key !== null)
          .map(({ key, partition }) => `${key} in ${partition}`)
          .sort();
      assert.deepEqual(await keyed(ours), await keyed(java));
    });

    test("read_committed leaves out every aborted record, whatever a fetch holds", async () => {
      const topic = "transactions";
      await client.createTopic(topic, 1);
      await javaClient("RoundTrip", "transactions", broker.brokers, topic);
      const [end] = await client.listOffsets([{ topic, partition: 0 }], "latest", "read_committed");
      const range = { topic, partition: 0, fromOffset: 0, untilOffset: end?.offset ?? 0 };
      const expected: string[] = [];
      for (let round = 0; round < 6; round++) {
        for (let i = 0; i < 40; i++) {
          if (round % 3 === 2) expected.push(`keep-a-${round}-${i}`);
          if (round % 2 === 0 && i % 2 === 0) expected.push(`keep-b-${round}-${i}`);
        }
      }
      for (const fetchBytesMax of [300, 1_000, 5_000, 1_000_000]) {
        const values: string[] = [];
        for await (const { columns, from, until } of readRange(client, range, {
          isolationLevel: "read_committed",
          fetchBytesMax,
        })) {
          for (let i = from; i < until; i++) values.push(String(columns.value(i)));
        }
        assert.deepEqual(values.sort(), expected.toSorted(), `fetches of ${fetchBytesMax} bytes`);
      }
    });
  });
}
