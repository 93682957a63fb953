import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { type BatchHeader, nextOffset } from "../../src/kafka/record-batch/batch-header.ts";
import { BatchReader } from "../../src/kafka/record-batch/batch-reader.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { readRecords } from "../../src/sources/kafka/reading/record-source.ts";
import { javaClient, type RealKafka, startRealKafka } from "../support/real-kafka.ts";
import { fetch, produce } from "../support/wire/data-requests.ts";
import { withDeltas } from "../support/wire/odd-batches.ts";
import { prepareCoordinators } from "../support/wire/prepare-coordinators.ts";
import { batchOf } from "../support/wire/records-of.ts";
import { createTopic } from "../support/wire/topic-requests.ts";
import { addPartitions, endTxn, type Identity, initProducerId } from "../support/wire/transaction-requests.ts";
import { WireConnection } from "../support/wire/wire-connection.ts";

// What a real Kafka keeps and we never write: what its log cleaner leaves of transactions, and offsets of other clients. We read what
// its Java client reads.

let kafka: RealKafka;
let wire: WireConnection;
let client: KafkaClient;
before(async () => {
  kafka = await startRealKafka({ security: "log.cleaner.backoff.ms=100\n" });
  wire = await WireConnection.open(kafka.brokers);
  await prepareCoordinators(kafka.brokers);
  client = new KafkaClient({ brokers: [kafka.brokers] }, thisMachine);
});
after(async () => {
  wire?.close();
  await client?.close();
  await kafka?.stop();
});

async function linesOf(topic: string, isolationLevel: "read_committed" | "read_uncommitted"): Promise<string[]> {
  const [end] = await client.listOffsets([{ topic, partition: 0 }], "latest", isolationLevel);
  const range = { topic, partition: 0, fromOffset: 0, untilOffset: end?.offset ?? 0 };
  const lines: string[] = [];
  for await (const records of readRecords(client, range, { isolationLevel }, new AbortController().signal)) {
    lines.push(...records.map(({ key, value }) => `${key}|${value}|`));
  }
  return lines;
}

async function linesOfJava(topic: string, count: number): Promise<string[]> {
  return (await javaClient("RoundTrip", "consume", kafka.brokers, topic, String(count))).trim().split("\n");
}

/** The headers of all batches that are in the log. */
async function headersOf(topic: string): Promise<BatchHeader[]> {
  const reader = new BatchReader({ topic, partition: 0 });
  const headers: BatchHeader[] = [];
  for (let offset = 0; ; offset = nextOffset(headers.at(-1) as BatchHeader)) {
    const { batches } = await fetch(wire, topic, offset);
    let header = reader.header(batches, 0, batches.length);
    if (header === undefined) return headers;
    for (; header !== undefined; header = reader.header(batches, header.end, batches.length)) headers.push(header);
  }
}

/** Transactions of one producer. */
class Producer {
  readonly #topic: string;
  readonly #name: string;
  readonly #identity: Identity;
  #sequence = 0;

  private constructor(topic: string, name: string, identity: Identity) {
    this.#topic = topic;
    this.#name = name;
    this.#identity = identity;
  }

  static async start(topic: string, name: string): Promise<Producer> {
    return new Producer(topic, name, await initProducerId(wire, name));
  }

  async write(keys: readonly string[], value: string, end: "commit" | "abort"): Promise<void> {
    const { producerId, epoch: producerEpoch } = this.#identity;
    await addPartitions(wire, this.#name, this.#identity, [[this.#topic, 0]]);
    if (keys.length > 0) await this.#send(keys, value, { producerId, producerEpoch });
    assert.equal(await endTxn(wire, this.#name, this.#identity, end === "commit"), 0);
  }

  async #send(
    keys: readonly string[],
    value: string,
    producer: { readonly producerId: number; readonly producerEpoch: number },
  ): Promise<void> {
    const own = { ...producer, isTransactional: true, baseSequence: this.#sequence };
    const records = batchOf(
      keys.map((key) => ({ key, value })),
      own,
    );
    const { errorCode } = await produce(wire, this.#topic, records, { transactionalId: this.#name });
    assert.equal(errorCode, 0);
    this.#sequence += keys.length;
  }
}

test("a compacted topic with transactions is read whose markers lost their records", async () => {
  const topic = "compacted";
  await createTopic(wire, topic, {
    config: {
      "cleanup.policy": "compact",
      "segment.ms": "200",
      "min.cleanable.dirty.ratio": "0.001",
      "delete.retention.ms": "0",
      "min.compaction.lag.ms": "0",
    },
  });
  // What this one wrote is overwritten by others, and its next epoch has nothing but a marker: that is kept for the epoch's sake, without
  // its record. The protocol of Kafka 4 begins an epoch with each transaction.
  const first = await Producer.start(topic, "first");
  await first.write(["a", "b"], "old", "commit");
  await first.write(["a", "c"], "never", "abort");
  await first.write(["b"], "old", "commit");
  await (await Producer.start(topic, "first")).write([], "", "commit");
  const aborting = await Producer.start(topic, "aborting");
  await aborting.write(["d"], "never", "abort");
  await (await Producer.start(topic, "aborting")).write([], "", "abort");
  const second = await Producer.start(topic, "second");
  const isEmptied = (header: BatchHeader): boolean => header.isControl && header.recordCount === 0;
  let headers = await headersOf(topic);
  let round = 0;
  for (const deadline = performance.now() + 60_000; !headers.some(isEmptied) && performance.now() < deadline; round++) {
    await second.write(["a", "b", "c", "d"], `new ${round}`, "commit");
    await delay(400);
    headers = await headersOf(topic);
  }
  assert.ok(headers.some(isEmptied), `no marker lost its record; ${headers.length} batches are left`);
  const third = await Producer.start(topic, "first");
  await third.write(["e"], "last", "commit");
  await third.write(["e"], "never", "abort");
  const lines = await linesOf(topic, "read_committed");
  const newest = ["a", "b", "c", "d"].map((key) => `${key}|new ${round - 1}|`);
  assert.deepEqual(lines.slice(-5), [...newest, "e|last|"]);
  assert.ok(lines.every((line) => !line.includes("never")));
  // The cleaner may have taken out the aborted record already.
  const uncommitted = (await linesOf(topic, "read_uncommitted")).filter((line) => line !== "e|never|");
  assert.deepEqual(uncommitted.slice(-5), lines.slice(-5));
  // The cleaner may go on meanwhile, but only with what is not the newest of a key.
  const java = await linesOfJava(topic, 5);
  assert.deepEqual(java.slice(-5), lines.slice(-5));
});

for (const [name, deltas, expected] of [
  ["all-the-same", [0, 0, 0], [0]],
  ["falling", [2, 1, 0], [0]],
  ["one-too-high", [1, 2, 3], [0, 1, 2]],
  ["with-a-gap", [0, 5, 9], [0, 1, 2]],
  ["repeating", [0, 1, 1], [0, 1]],
  ["negative", [-1, 0, 1], [1, 2]],
] as const) {
  test(`of record offsets that are ${name} we read what Kafka's Java client reads`, async () => {
    const topic = `deltas-${name}`;
    await createTopic(wire, topic);
    const { errorCode } = await produce(wire, topic, withDeltas(deltas));
    assert.equal(errorCode, 0);
    const lines = expected.map((i) => `k|${i}|`);
    assert.deepEqual(await linesOf(topic, "read_committed"), lines);
    assert.deepEqual(await linesOfJava(topic, lines.length), lines);
  });
}
