import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { EmbeddedBroker } from "../../../broker/embedded-broker.ts";
import { KafkaClient } from "../../../kafka/client/kafka-client.ts";
import { KafkaProducer } from "../../../kafka/producer/kafka-producer.ts";
import type { ConsumerRecord, Deserializer } from "../../../kafka/types.ts";
import { thisMachine } from "../../../runtime/machine/machine.ts";
import { deserializers } from "./deserializers.ts";
import { readRecords } from "./record-source.ts";

// 2,500 records in one partition: keys there and not, texts short and long, ASCII and not, headers here and there.
const topic = "mixed";
const texts = ["", "word", "twelve chars", "a line of some words", "é", "日本語", "x".repeat(300)];
const sent = Array.from({ length: 2_500 }, (_, i) => ({
  topic,
  partition: 0,
  timestamp: 1_700_000_000_000 + (i % 50),
  key: i % 3 === 0 ? null : `key ${i % 17}`,
  value: i % 100 === 7 ? null : (texts[i % texts.length] as string),
  headers: i % 10 === 0 ? [["name", Buffer.from(`${i}`)] as const] : [],
}));
const expected = sent.map((record, offset) => ({
  ...record,
  offset,
  headers: record.headers.map(([name, value]) => [name, new Uint8Array(value)]),
}));

let broker: EmbeddedBroker;
let client: KafkaClient;
before(async () => {
  broker = await EmbeddedBroker.start();
  client = new KafkaClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  await broker.createTopic(topic);
  const producer = new KafkaProducer({ brokers: [broker.bootstrapServers] });
  await Promise.all(sent.map((record) => producer.send(record)));
  await producer.close();
});
after(async () => {
  await client.close();
  await broker.stop();
});

async function chunks(options: object): Promise<ConsumerRecord<unknown, unknown>[][]> {
  const range = { topic, partition: 0, fromOffset: 0, untilOffset: sent.length };
  const read: ConsumerRecord<unknown, unknown>[][] = [];
  for await (const records of readRecords(client, range, options, new AbortController().signal)) read.push(records);
  return read;
}

test("records read as text have everything that was sent, some hundred at a time", async () => {
  const read = await chunks({ nullValues: "keep" });
  assert.deepEqual(read.flat(), expected);
  assert.ok(
    read.every(({ length }) => length > 0 && length <= 1_024),
    `${read.map(({ length }) => length)}`,
  );
});

test("records without a value are left out of texts, too", async () => {
  const read = await chunks({ nullValues: "skip" });
  assert.deepEqual(
    read.flat(),
    expected.filter(({ value }) => value !== null),
  );
});

test("a deserializer of the program makes the same of the same bytes, and is told where they stand", async () => {
  const places: unknown[] = [];
  const valueDeserializer: Deserializer<string> = (bytes, at) => {
    places.push(at);
    return new TextDecoder().decode(bytes);
  };
  const read = await chunks({ nullValues: "keep", valueDeserializer });
  assert.deepEqual(read.flat(), expected);
  const withValue = expected.filter(({ value }) => value !== null);
  assert.deepEqual(
    places,
    withValue.map(({ offset }) => ({ topic, partition: 0, offset })),
  );
});

test("bytes are copies, which no later batch changes", async () => {
  const read = await chunks({ nullValues: "keep", valueDeserializer: deserializers.bytes });
  assert.deepEqual(
    read.flat().map(({ value }) => value),
    expected.map(({ value }) => (value === null ? null : new Uint8Array(Buffer.from(value)))),
  );
});
