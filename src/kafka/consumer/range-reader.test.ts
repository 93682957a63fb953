import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { EmbeddedBroker } from "../../broker/embedded-broker.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { readRecords } from "../../sources/kafka/reading/record-source.ts";
import { KafkaClient } from "../client/kafka-client.ts";
import { KafkaProducer } from "../producer/kafka-producer.ts";
import { kafkaErrors } from "../protocol/kafka-error-codes.ts";
import type { Deserializer } from "../types.ts";
import { readRange } from "./range-reader.ts";

// A topic of 100 batches of about 100 KB, read in responses of at most 1 MB.
const topic = "large";
const partition = 0;
const batches = 100;
const valueBytes = 100_000;
const fetchBytesMax = 1_000_000;
const range = { topic, partition, fromOffset: 0, untilOffset: batches };
const options = { isolationLevel: "read_committed", fetchBytesMax } as const;
const filled = (i: number): Buffer => Buffer.alloc(valueBytes, i);

class CountingClient extends KafkaClient {
  fetches = 0;
  bytes = 0;
  override async fetch(...args: Parameters<KafkaClient["fetch"]>): ReturnType<KafkaClient["fetch"]> {
    this.fetches++;
    const response = await super.fetch(...args);
    this.bytes += response.records.length;
    return response;
  }
}

let broker: EmbeddedBroker;
let client: KafkaClient;
before(async () => {
  broker = await EmbeddedBroker.start();
  client = new KafkaClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  await broker.createTopic(topic);
  const producer = new KafkaProducer({ brokers: [broker.bootstrapServers], batchBytesMax: 1_000 + valueBytes });
  await Promise.all(Array.from({ length: batches }, (_, i) => producer.send({ topic, partition, value: filled(i) })));
  await producer.close();
});
after(async () => {
  await client.close();
  await broker.stop();
});

test("a range of many responses is read through the memory of two, and of a small first one", async () => {
  const memory = new Set<ArrayBufferLike>();
  let read = 0;
  for await (const { columns, from, until } of readRange(client, range, options)) {
    memory.add(columns.bytes.buffer);
    for (let i = from; i < until; i++) assert.ok(columns.value(i)?.equals(filled(read++)));
  }
  assert.equal(read, batches);
  assert.ok(memory.size <= 3, `${memory.size} buffers`);
});

test("a leader of an earlier epoch than that of the range's plan is asked again, and not believed that the log was truncated", async () => {
  const planned = { ...range, leaderEpoch: 5 };
  const reading = readRange(client, planned, { ...options, retryForMs: 250 }).next();
  await assert.rejects(reading, { code: "BROKER_UNREACHABLE", message: /UNKNOWN_LEADER_EPOCH/ });
});

/** Has no record of the epoch under which a range was planned: it knows nothing of that epoch, and says that the offset is out of range. */
class ForgetfulClient extends KafkaClient {
  asked: number[] = [];
  override async fetch(...args: Parameters<KafkaClient["fetch"]>): ReturnType<KafkaClient["fetch"]> {
    const [{ lastEpoch }] = args;
    this.asked.push(lastEpoch);
    const response = await super.fetch(...args);
    return lastEpoch < 0 ? response : { ...response, errorCode: kafkaErrors.OFFSET_OUT_OF_RANGE.code };
  }
}

test("an offset is out of range only where a broker says so that was not asked for an epoch, too, of which it may have no record", async () => {
  const forgetful = new ForgetfulClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  let read = 0;
  for await (const { from, until } of readRange(forgetful, { ...range, leaderEpoch: 0 }, options)) read += until - from;
  assert.equal(read, batches);
  assert.deepEqual(forgetful.asked.slice(0, 3), [0, -1, -1]);
  const beyond = { ...range, fromOffset: batches + 5, untilOffset: batches + 6, leaderEpoch: 0 };
  await assert.rejects(readRange(forgetful, beyond, options).next(), { code: /OFFSET_OUT_OF_RANGE|LOG_TRUNCATED/ });
  await forgetful.close();
});

test("with keepsBytes all values stay as they were", async () => {
  const values: Buffer[] = [];
  for await (const { columns, from, until } of readRange(client, range, { ...options, keepsBytes: true })) {
    for (let i = from; i < until; i++) values.push(columns.value(i) as Buffer);
  }
  assert.equal(values.length, batches);
  for (const [i, value] of values.entries()) assert.ok(value.equals(filled(i)), `value ${i}`);
});

test("a deserializer of the program may keep the bytes it is given", async () => {
  const valueDeserializer: Deserializer<Uint8Array> = (bytes) => bytes;
  const values: unknown[] = [];
  for await (const records of readRecords(client, range, { valueDeserializer }, new AbortController().signal))
    values.push(...records.map(({ value }) => value));
  assert.equal(values.length, batches);
  for (const [i, value] of values.entries()) assert.ok(filled(i).equals(value as Uint8Array), `value ${i}`);
});

test("a reader that rests has one response ahead in memory and asks for no more", async () => {
  const counting = new CountingClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  const reader = readRange(counting, range, options);
  let read = 0;
  for (let rests = 0; rests < 3; rests++) {
    // Answered behind the fetches on the same connection: then those are answered, too.
    await counting.listOffsets([{ topic, partition }], "latest", "read_committed");
    for (let i = 0; i < 10; i++) if ((await reader.next()).done !== true) read++;
  }
  await counting.listOffsets([{ topic, partition }], "latest", "read_committed");
  assert.ok(counting.bytes - read * valueBytes <= 2 * fetchBytesMax, `${counting.bytes} bytes for ${read} values`);
  assert.ok(counting.bytes - read * valueBytes > 0, "nothing was read ahead");
  const before = counting.fetches;
  for await (const _ of reader) read++;
  assert.equal(read, batches);
  assert.ok(counting.fetches > before + 5, `${counting.fetches}`);
  await counting.close();
});

test("of a short range in a long log little more than the range is fetched, and nothing behind it is looked at", async () => {
  await broker.createTopic("small", { partitions: 1 });
  const producer = new KafkaProducer({ brokers: [broker.bootstrapServers], batchBytesMax: 200 });
  const value = (i: number): string => `${i}`.padStart(100);
  await Promise.all(
    Array.from({ length: 600 }, (_, i) => producer.send({ topic: "small", partition, value: value(i) })),
  );
  await producer.close();
  class DamagingClient extends CountingClient {
    override async fetch(...args: Parameters<KafkaClient["fetch"]>): ReturnType<KafkaClient["fetch"]> {
      const response = await super.fetch(...args);
      // Behind the range.
      response.records.fill(0xff, 20 * 256);
      return response;
    }
  }
  const counting = new DamagingClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  const values: number[] = [];
  const short = { topic: "small", partition, fromOffset: 0, untilOffset: 5 };
  for await (const { columns, from, until } of readRange(counting, short, { isolationLevel: "read_committed" })) {
    for (let i = from; i < until; i++) values.push(Number(columns.value(i)));
  }
  await counting.close();
  assert.deepEqual(values, [0, 1, 2, 3, 4]);
  assert.ok(counting.bytes < 50_000, `${counting.bytes} bytes`);
});
