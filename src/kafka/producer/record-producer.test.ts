import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Fault, TestNetwork } from "../../../test/support/test-network.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { type CompressionName, codecs } from "../compression/codec.ts";
import type { RecordPosition } from "./producer-batch.ts";
import { type KafkaProducerOptions, producerSettings } from "./producer-options.ts";
import { RecordProducer } from "./record-producer.ts";

type Options = Partial<KafkaProducerOptions>;

function setUp(options: Options = {}, topics: Record<string, number> = { t: 1 }) {
  const network = new TestNetwork(topics);
  const settings = producerSettings({ brokers: ["none:1"], retryBackoffMs: 1, lingerMs: 2, ...options });
  return { network, producer: new RecordProducer(settings, network, thisMachine) };
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));

/** The topic's number of partitions and the producer's id are known after the first record. */
async function warmUp(producer: RecordProducer): Promise<void> {
  await producer.send({ topic: "t", value: "first" });
}

test("records sent within the linger time share a batch and learn their offsets", async () => {
  const { network, producer } = setUp({ lingerMs: 20 });
  const positions = await Promise.all(numbers(10).map((value) => producer.send({ topic: "t", value })));
  assert.deepEqual(
    positions,
    numbers(10).map((offset) => ({ partition: 0, offset: Number(offset) })),
  );
  assert.deepEqual(network.values("t", 0), numbers(10));
  assert.equal(network.requests.length, 1);
  await producer.close();
});

test("a full batch is sent without lingering", async () => {
  const { network, producer } = setUp({ lingerMs: 60_000, batchBytesMax: 200 });
  await Promise.all([
    producer.send({ topic: "t", value: "a".repeat(100) }),
    producer.append({ topic: "t", value: "b".repeat(100) }),
  ]);
  assert.equal(network.values("t", 0).length, 1);
  await producer.close();
  assert.equal(network.values("t", 0).length, 2);
});

for (const compression of Object.keys(codecs) as CompressionName[]) {
  test(`keys choose partitions and each partition keeps its order, with ${compression}`, async () => {
    const { network, producer } = setUp({ compression, batchBytesMax: 2_000 }, { t: 3 });
    for (let i = 0; i < 2_000; i++)
      await producer.append({ topic: "t", key: `key-${i % 17}`, value: `${i % 17} ${i}` });
    await producer.flush();
    const all = [0, 1, 2].flatMap((partition) => network.values("t", partition));
    assert.equal(all.length, 2_000);
    for (let key = 0; key < 17; key++) {
      const own = all.filter((value) => value.startsWith(`${key} `)).map((value) => Number(value.split(" ")[1]));
      assert.deepEqual(
        own,
        own.toSorted((a, b) => a - b),
        `key ${key}`,
      );
    }
    await producer.close();
  });
}

test("records without a key fill one batch after the other, and reach every partition", async () => {
  const { network, producer } = setUp({ batchBytesMax: 300 }, { t: 3 });
  for (const value of numbers(300)) await producer.append({ topic: "t", value });
  await producer.flush();
  const counts = [0, 1, 2].map((partition) => network.values("t", partition).length);
  assert.ok(
    counts.every((count) => count >= 60),
    counts.join(),
  );
  assert.equal(
    counts.reduce((sum, count) => sum + count),
    300,
  );
  await producer.close();
});

test("a record that fits no batch is refused with the sizes, others go on", async () => {
  const { network, producer } = setUp({ batchBytesMax: 500 });
  const refused = { code: "BATCH_TOO_LARGE", message: /for t-0 with 1000 bytes .* batchBytesMax = 500/ };
  await assert.rejects(producer.send({ topic: "t", value: "x".repeat(1000) }), refused);
  assert.throws(() => producer.append({ topic: "t", value: "x".repeat(1000) }), refused);
  await producer.send({ topic: "t", value: "small" });
  assert.deepEqual(network.values("t", 0), ["small"]);
  await producer.close();
});

test("a batch that the broker finds too large is split until it fits, in order, with the right offsets", async () => {
  for (const compression of ["none", "gzip"] as const) {
    const { network, producer } = setUp({ compression });
    await warmUp(producer);
    network.faults.push("MESSAGE_TOO_LARGE", "MESSAGE_TOO_LARGE", undefined, "MESSAGE_TOO_LARGE");
    const positions = await Promise.all(
      numbers(11).map((value, i) => producer.send({ topic: "t", value, headers: [["h", value]], timestamp: 100 - i })),
    );
    assert.deepEqual(network.values("t", 0), ["first", ...numbers(11)]);
    assert.deepEqual(
      positions.map(({ offset }) => offset),
      numbers(11).map((value) => Number(value) + 1),
    );
    await producer.close();
  }
});

test("a single record that the broker finds too large is lost with BATCH_TOO_LARGE, and the next one is not", async () => {
  const { network, producer } = setUp();
  network.faults.push("MESSAGE_TOO_LARGE");
  await assert.rejects(producer.send({ topic: "t", value: "large" }), {
    code: "BATCH_TOO_LARGE",
    message: /t-0 with MESSAGE_TOO_LARGE/,
  });
  assert.deepEqual(await producer.send({ topic: "t", value: "next" }), { partition: 0, offset: 0 });
  assert.equal(network.producerIds, 1);
  await producer.close();
});

test("when the leader moves, records go to the new one after new metadata", async () => {
  const { network, producer } = setUp();
  await warmUp(producer);
  network.faults.push("NOT_LEADER_OR_FOLLOWER");
  network.leaders.set(0, 2);
  assert.deepEqual(await producer.send({ topic: "t", value: "second" }), { partition: 0, offset: 1 });
  assert.deepEqual(
    network.requests.map(({ node }) => node),
    [1, 1, 2],
  );
  assert.equal(network.refreshes, 1);
  await producer.close();
});

test("with five batches in flight and the first failing, the order stays", async () => {
  const { network, producer } = setUp({ batchBytesMax: 200 });
  await warmUp(producer);
  const { promise, resolve } = Promise.withResolvers<void>();
  network.gate = promise;
  network.faults.push("NOT_ENOUGH_REPLICAS");
  const sent = numbers(30).map((i) => producer.send({ topic: "t", value: i.padEnd(60, ".") }));
  assert.equal(network.requests.length, 6);
  resolve();
  await Promise.all(sent);
  assert.deepEqual(
    network.values("t", 0).slice(1),
    numbers(30).map((i) => i.padEnd(60, ".")),
  );
  assert.equal(network.producerIds, 1);
  await producer.close();
});

test("an answer that gets lost makes no duplicate", async () => {
  const { network, producer } = setUp();
  network.faults.push("lose answer", "lose request", "lose answer");
  const position = await producer.send({ topic: "t", value: "once" });
  assert.deepEqual(position, { partition: 0, offset: 0 });
  assert.deepEqual(network.values("t", 0), ["once"]);
  await producer.close();
});

test("an answer that gets lost twice makes no duplicate, although new batches are waiting behind it", async () => {
  // Ten batches of one record: the broker takes the first five, the answer for the first is lost, and lost again when it is
  // sent again. If the other five were sent along with it, the broker would have forgotten the first.
  const { network, producer } = setUp({ batchBytesMax: 200 });
  await warmUp(producer);
  network.faults.push("lose answer", undefined, undefined, undefined, undefined, "lose answer");
  const values = numbers(10).map((value) => value.padEnd(100, "."));
  await Promise.all(values.map((value) => producer.send({ topic: "t", value })));
  assert.deepEqual(network.values("t", 0), ["first", ...values]);
  assert.equal(network.producerIds, 1);
  await producer.close();
});

test("DUPLICATE_SEQUENCE_NUMBER is success at an offset that nobody knows", async () => {
  const { network, producer } = setUp();
  network.faults.push("DUPLICATE_SEQUENCE_NUMBER");
  assert.deepEqual(await producer.send({ topic: "t", value: "v" }), { partition: 0, offset: -1 });
  await producer.close();
});

for (const fault of ["UNKNOWN_PRODUCER_ID", "OUT_OF_ORDER_SEQUENCE_NUMBER", "INVALID_PRODUCER_EPOCH"] as const) {
  test(`after ${fault} the producer goes on with a new id from sequence 0`, async () => {
    const { network, producer } = setUp();
    await warmUp(producer);
    network.faults.push(fault);
    assert.deepEqual(await producer.send({ topic: "t", value: "v" }), { partition: 0, offset: 1 });
    const header = network.logs.get("t-0")?.batches.at(-1)?.header;
    assert.deepEqual([header?.producerId, header?.baseSequence], [2, 0]);
    await producer.close();
  });
}

test("a fenced producer ends with PRODUCER_FENCED, at once and for good", async () => {
  const { network, producer } = setUp({ batchBytesMax: 200 });
  network.faults.push("PRODUCER_FENCED");
  const sent = await Promise.allSettled(numbers(10).map((i) => producer.send({ topic: "t", value: i.padEnd(60) })));
  for (const result of sent) assert.equal(result.status === "rejected" && result.reason.code, "PRODUCER_FENCED");
  await assert.rejects(producer.send({ topic: "t", value: "later" }), { code: "PRODUCER_FENCED" });
  await producer.close();
});

test("a record for a topic that was not known yet when the producer was fenced is lost with the reason", async () => {
  const { network, producer } = setUp({}, { t: 1, u: 1 });
  await warmUp(producer);
  const known = Promise.withResolvers<number>();
  network.partitionCount = () => known.promise;
  network.faults.push("PRODUCER_FENCED");
  const appended = producer.append({ topic: "u", value: "appended" });
  const sent = producer.send({ topic: "u", value: "sent" });
  await assert.rejects(producer.send({ topic: "t", value: "fenced" }), { code: "PRODUCER_FENCED" });
  known.resolve(1);
  await appended;
  await assert.rejects(sent, { code: "PRODUCER_FENCED" });
  await assert.rejects(producer.flush(), { code: "PRODUCER_FENCED" });
  await producer.close();
});

test("a record that the broker refuses is lost with its reason, the next one takes its sequence number", async () => {
  const { network, producer } = setUp();
  await warmUp(producer);
  network.faults.push("INVALID_TIMESTAMP");
  await assert.rejects(producer.send({ topic: "t", value: "v" }), {
    code: "NOT_SUPPORTED",
    message: /t-0 with INVALID_TIMESTAMP/,
  });
  assert.deepEqual(await producer.send({ topic: "t", value: "w" }), { partition: 0, offset: 1 });
  assert.equal(network.producerIds, 1);
  await producer.close();
});

test("a record is given up when its delivery time is over, and the next go on under a new id", async () => {
  const { network, producer } = setUp({ deliveryTimeoutMs: 40 });
  await warmUp(producer);
  const { promise, resolve } = Promise.withResolvers<void>();
  network.gate = promise;
  await assert.rejects(producer.send({ topic: "t", value: "late" }), {
    code: "BROKER_UNREACHABLE",
    message: /1 records for t-0 were not acknowledged within deliveryTimeoutMs = 40 in 1 attempts/,
  });
  resolve();
  await producer.send({ topic: "t", value: "next" });
  assert.equal(network.producerIds, 2);
  await producer.close();
});

test("retries end when the delivery time is over, naming the last problem", async () => {
  const { network, producer } = setUp({ deliveryTimeoutMs: 60, retryBackoffMs: 5 });
  network.faults.push(...Array.from({ length: 100 }, (): Fault => "NOT_ENOUGH_REPLICAS"));
  await assert.rejects(producer.send({ topic: "t", value: "v" }), {
    code: "BROKER_UNREACHABLE",
    message: /ended with: .*NOT_ENOUGH_REPLICAS/,
  });
  await producer.close();
});

test("flush sends at once and waits; what append lost it tells once", async () => {
  const { network, producer } = setUp({ lingerMs: 60_000 });
  await warmUpByFlush(producer);
  network.faults.push("INVALID_RECORD");
  void producer.append({ topic: "t", value: "v" });
  await assert.rejects(producer.flush(), { code: "NOT_SUPPORTED", message: /INVALID_RECORD/ });
  await producer.flush();
  void producer.append({ topic: "t", value: "w" });
  await producer.flush();
  assert.deepEqual(network.values("t", 0), ["first", "w"]);
  await producer.close();
});

async function warmUpByFlush(producer: RecordProducer): Promise<void> {
  await producer.append({ topic: "t", value: "first" });
  await producer.flush();
}

test("append asks to wait when the buffer is full, until half of it is acknowledged", async () => {
  const { network, producer } = setUp({ bufferBytesMax: 4_000, batchBytesMax: 1_000 });
  await warmUp(producer);
  const { promise, resolve } = Promise.withResolvers<void>();
  network.gate = promise;
  let room: Promise<void> | undefined;
  let appended = 0;
  for (; room === undefined; appended++) room = producer.append({ topic: "t", value: "x".repeat(90) });
  assert.ok(appended > 35 && appended < 45, `${appended} records`);
  assert.equal(await Promise.race([room.then(() => "room"), delay(20, "full")]), "full");
  resolve();
  await room;
  await producer.close();
  assert.equal(network.values("t", 0).length, appended + 1);
});

test("a throttled producer leaves its broker alone for as long as it was told", async () => {
  const { network, producer } = setUp({ lingerMs: 0 });
  network.throttleMs = 50;
  await producer.send({ topic: "t", value: "1" });
  const answeredAt = performance.now();
  network.throttleMs = 0;
  await producer.send({ topic: "t", value: "2" });
  const pause = (network.requests[1]?.at ?? 0) - answeredAt;
  assert.ok(pause > 45 && pause < 500, `${pause} ms`);
  await producer.close();
});

test("a missing topic fails the records for it and no others", async () => {
  const { network, producer } = setUp();
  const missing = { code: "TOPIC_NOT_FOUND" };
  void producer.append({ topic: "missing", value: "v" });
  await Promise.all([
    assert.rejects(producer.send({ topic: "missing", value: "v" }), missing),
    producer.send({ topic: "t", value: "v" }),
  ]);
  await assert.rejects(producer.flush(), missing);
  await producer.close();
  assert.deepEqual(network.values("t", 0), ["v"]);
});

test("records given before the topic is known keep their order with those after", async () => {
  const { network, producer } = setUp();
  const sent = numbers(3).map((value) => producer.send({ topic: "t", value }));
  for (let i = 3; i < 200; i++) {
    sent.push(producer.send({ topic: "t", value: String(i) }));
    await Promise.resolve();
    if (i % 50 === 0) await delay(1);
  }
  await Promise.all(sent);
  assert.deepEqual(network.values("t", 0), numbers(200));
  await producer.close();
});

test("close sends what is left; afterwards everything is refused", async () => {
  const { network, producer } = setUp({ lingerMs: 60_000 });
  const sent = producer.send({ topic: "t", value: "v" });
  await producer.close();
  assert.deepEqual(await sent, { partition: 0, offset: 0 });
  assert.deepEqual(network.values("t", 0), ["v"]);
  await assert.rejects(producer.send({ topic: "t", value: "w" }), { code: "ILLEGAL_STATE" });
  assert.throws(() => producer.append({ topic: "t", value: "w" }), { code: "ILLEGAL_STATE" });
  await producer.close();
});

test("a partition that does not exist and a missing value are refused", async () => {
  const { producer } = setUp();
  await assert.rejects(producer.send({ topic: "t", partition: 1, value: "v" }), {
    code: "INVALID_OPTION",
    message: /partition must be from 0 to 0, the partitions of topic "t", not 1/,
  });
  const nothing = undefined as unknown as string;
  await assert.rejects(producer.send({ topic: "t", value: nothing }), { code: "VALUE_NOT_ENCODABLE" });
  await producer.close();
});

test("options are checked: names, ranges and codecs", () => {
  const brokers = ["a:1"];
  const refuse = (options: object, code: string, message: RegExp): void => {
    assert.throws(() => producerSettings({ brokers, ...options }), { code, message });
  };
  refuse({ lingerMS: 1 }, "UNKNOWN_OPTION", /did you mean "lingerMs"/);
  refuse({ lingerMs: -1 }, "INVALID_OPTION", /lingerMs must be a number from 0 to 60000, not -1/);
  refuse({ batchBytesMax: Number.NaN }, "INVALID_OPTION", /batchBytesMax/);
  refuse({ compression: "toString" }, "INVALID_OPTION", /compression must be one of none, gzip, snappy, lz4, zstd/);
  refuse({ brokers: [] }, "INVALID_OPTION", /brokers/);
  assert.equal(producerSettings({ brokers }).batchBytesMax, 1024 * 1024);
});

const passing: Fault[] = [
  "lose answer",
  "lose request",
  "NOT_LEADER_OR_FOLLOWER",
  "REQUEST_TIMED_OUT",
  "LEADER_NOT_AVAILABLE",
];
const refusing: Fault[] = ["MESSAGE_TOO_LARGE", "INVALID_RECORD", "INVALID_TIMESTAMP"];

/** Sends 400 records over 3 partitions while four requests of ten fail with one of `kinds`. */
async function sendThroughFaults(seed: number, kinds: readonly Fault[]) {
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const { network, producer } = setUp({ batchBytesMax: 400, lingerMs: 1 }, { t: 3 });
  network.faults.push(...numbers(300).map(() => (random(10) < 4 ? kinds[random(kinds.length)] : undefined)));
  const sent: Promise<PromiseSettledResult<RecordPosition>[]>[] = [];
  for (let i = 0; i < 400; i++) {
    sent.push(Promise.allSettled([producer.send({ topic: "t", partition: i % 3, value: String(i) })]));
    if (random(20) === 0) await delay(random(2));
  }
  const results = (await Promise.all(sent)).flat();
  await producer.close();
  return { network, results };
}

test("whatever passes in between, every record is in the log once, in order, at the offset that was told", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { network, results } = await sendThroughFaults(seed, passing);
    for (let partition = 0; partition < 3; partition++) {
      const expected = numbers(400).filter((i) => Number(i) % 3 === partition);
      assert.deepEqual(network.values("t", partition), expected, `seed ${seed}, partition ${partition}`);
    }
    for (const [i, result] of results.entries()) {
      assert.equal(result.status, "fulfilled", `seed ${seed}, record ${i}`);
      const { partition, offset } = result.value;
      assert.equal(network.values("t", partition)[offset], String(i), `seed ${seed}, record ${i}`);
    }
    assert.equal(network.producerIds, 1);
  }
});

test("when the broker refuses batches in between, exactly the others are in the log, once and in order", async () => {
  let lost = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const { network, results } = await sendThroughFaults(seed, [...passing, ...refusing]);
    for (let partition = 0; partition < 3; partition++) {
      const kept = numbers(400).filter(
        (i) => Number(i) % 3 === partition && results[Number(i)]?.status === "fulfilled",
      );
      assert.deepEqual(network.values("t", partition), kept, `seed ${seed}, partition ${partition}`);
    }
    lost += results.filter(({ status }) => status === "rejected").length;
  }
  assert.ok(lost > 0);
});
