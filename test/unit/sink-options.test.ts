import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  type ConsumerRecord,
  type DStream,
  KafkaProducer,
  KafkaUtils,
  StreamingContext,
  type StreamingContextOptions,
} from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { TransactionalSession } from "../../src/kafka/transactions/transactional-session.ts";
import { sinkOptionNames } from "../../src/plan/graph/output.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { KafkaResources } from "../../src/task/context/kafka-resources.ts";
import { checkGrowingSink } from "../support/check-growing-sink.ts";
import { deliveries, type Sink, sendInput, startCopies } from "../support/copying-job.ts";
import { KafkaFaultProxy } from "../support/kafka-fault-proxy.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { topicBatches } from "../support/topic-batches.ts";
import { topicRecords } from "../support/topic-records.ts";

// What saveToKafka's options do, seen on the broker, with both deliveries.

async function startBroker(t: TestContext): Promise<string> {
  const broker = await EmbeddedBroker.start();
  t.after(() => broker.stop());
  for (const topic of ["in", "out"]) await broker.createTopic(topic);
  return broker.bootstrapServers;
}

for (const delivery of deliveries) {
  test(`producer.compression and producer.batchBytesMax shape the batches, ${delivery}`, async (t) => {
    const brokers = await startBroker(t);
    await sendInput(
      brokers,
      Array.from({ length: 100 }, (_, i) => ({ value: `${i} ${"x".repeat(100)}` })),
    );
    const sink: Sink = {
      toRecord: ({ value }) => ({ value }),
      producer: { compression: "zstd", batchBytesMax: 2_000 },
    };
    const job = await startCopies(t, brokers, delivery, sink);
    await job.next();
    await job.stop();
    const batches = await topicBatches(brokers, "out");
    assert.ok(batches.length >= 6, `${batches.length} batches`);
    assert.ok(batches.every(({ codec, bytes, count }) => codec === 4 && bytes < 600 && count < 20));
    assert.equal((await topicRecords(brokers, "out")).length, 100);
  });

  test(`producer.deliveryTimeoutMs says how long a record is tried to be sent, ${delivery}`, async (t) => {
    const brokers = await startBroker(t);
    await sendInput(brokers, [{ value: "a" }]);
    await using proxy = await KafkaFaultProxy.start(brokers);
    const never = new Promise(() => {});
    proxy.plan("produce", ...Array.from({ length: 20 }, () => ({ waits: () => never })));
    const sink: Sink = {
      brokers: [proxy.brokers],
      toRecord: ({ value }) => ({ value }),
      producer: { deliveryTimeoutMs: 20 },
    };
    const job = await startCopies(t, brokers, delivery, sink, { maxBatchRetries: 0 });
    await job.next();
    await assert.rejects(job.ended, {
      code: "BROKER_UNREACHABLE",
      message: /1 records for out-0 were not acknowledged within producer\.deliveryTimeoutMs = 20 in 1 attempts/,
    });
  });

  test(`a consumed record is passed on with its headers, timestamp and tombstone, ${delivery}`, async (t) => {
    const brokers = await startBroker(t);
    const producer = new KafkaProducer({ brokers: [brokers] });
    const headers = [
      ["trace", new Uint8Array([0, 255])],
      ["trace", null],
      ["", "ü"],
    ] as const;
    await producer.send({ topic: "in", key: "k", value: null, timestamp: 5_000, headers });
    await producer.send({ topic: "in", value: "v", timestamp: 6_000 });
    await producer.close();
    const clock = new ManualClock();
    const checkpoint = delivery === "exactly-once" ? { checkpointDir: temporaryDirectory(t) } : {};
    const ssc = new StreamingContext({ appName: "pass", batchInterval: 1_000, clock, ...checkpoint });
    KafkaUtils.createDirectStream(ssc, {
      brokers: [brokers],
      topics: ["in"],
      startingOffsets: "earliest",
      nullValues: "keep",
    }).saveToKafka({
      topic: "out",
      toRecord: ({ key, value, headers, timestamp }) => ({ key, value, headers, timestamp }),
    });
    await ssc.start();
    await clock.advance(1_000);
    await ssc.stop();
    const plain = (records: ConsumerRecord<unknown, unknown>[]): unknown[] =>
      records.map((record) => ({
        ...record,
        topic: undefined,
        offset: undefined,
        headers: record.headers.map(([name, bytes]) => [name, bytes && [...bytes]]),
      }));
    const passed = plain(await topicRecords(brokers, "out"));
    assert.equal(passed.length, 2);
    assert.deepEqual(passed, plain(await topicRecords(brokers, "in")));
  });

  test(`a sink's topic that gets partitions is written to in the new ones, by key in all of a batch, ${delivery}`, async (t) => {
    await checkGrowingSink(t, await startBroker(t), delivery);
  });
}

test("producer.lingerMs says how long the first record of a batch waits for others, at-least-once", async (t) => {
  const brokers = await startBroker(t);
  const resources = new KafkaResources(thisMachine);
  t.after(() => resources.close());
  const connection = { brokers: [brokers] };
  const lingering = resources.producer({ id: 0, sink: { connection, producer: { lingerMs: 60_000 } } }, 1_000);
  await lingering.append({ topic: "out", value: "lingers" });
  const prompt = resources.producer({ id: 1, sink: { connection, producer: { lingerMs: 0 } } }, 1_000);
  await prompt.send({ topic: "out", value: "goes" });
  assert.deepEqual(
    (await topicRecords(brokers, "out")).map(({ value }) => value),
    ["goes"],
  );
  await lingering.flush();
  assert.deepEqual(
    (await topicRecords(brokers, "out")).map(({ value }) => value),
    ["goes", "lingers"],
  );
});

test("producer.lingerMs says how long the first record of a batch waits for others, exactly-once", async (t) => {
  const brokers = await startBroker(t);
  const batches = async (lingerMs: number): Promise<number[]> => {
    const topic = `lingers-${lingerMs}`;
    const client = new KafkaClient({ brokers: [brokers] }, thisMachine);
    await client.createTopic(topic, 1);
    await client.close();
    const session = new TransactionalSession({
      connection: { brokers: [brokers] },
      machine: thisMachine,
      transactionalId: topic,
      timeoutMs: 60_000,
      markerTopic: topic,
      producer: { lingerMs },
      optionNames: sinkOptionNames,
    });
    await session.open();
    const record = { topic, value: "v" };
    await session.commit(() => [[record]], { checkpoint: "c", batch: 1, attempt: "a" });
    const slowly = function* () {
      for (let i = 0; i < 2; i++) {
        yield [record];
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
        yield [];
      }
    };
    await session.commit(slowly, { checkpoint: "c", batch: 2, attempt: "b" });
    await session.close();
    return (await topicBatches(brokers, topic)).map(({ count }) => count);
  };
  assert.deepEqual(await batches(0), [1, 1, 1]);
  assert.deepEqual(await batches(60_000), [1, 2]);
});

test("a planned batch that is too large for a transaction can be written at-least-once by the next start", async (t) => {
  const brokers = await startBroker(t);
  await sendInput(
    brokers,
    Array.from({ length: 100 }, (_, i) => ({ value: String(i) })),
  );
  const checkpointDir = temporaryDirectory(t);
  const toRecord: Sink["toRecord"] = ({ value }) => ({ value });
  const first = await startCopies(t, brokers, "exactly-once", { toRecord }, { checkpointDir, maxResultBytes: 100 });
  await first.next();
  await assert.rejects(first.ended, { code: "RESULT_TOO_LARGE" });
  const second = await startCopies(t, brokers, "at-least-once", { toRecord }, { checkpointDir, maxResultBytes: 100 });
  await second.next();
  await second.stop();
  assert.equal((await topicRecords(brokers, "out")).length, 100);
});

test("producer options are checked where they are given, and are one for all exactly-once outputs", async () => {
  const rows = (options: Partial<StreamingContextOptions> = {}) =>
    new StreamingContext({ appName: "refused", batchInterval: 1_000, ...options }).queueStream([["a"]]);
  const refused: readonly (readonly [producer: object, code: string, message: RegExp])[] = [
    [{ lingerMS: 1 }, "UNKNOWN_OPTION", /saveToKafka's producer has no option "lingerMS"; did you mean "lingerMs"/],
    [{ bufferBytesMax: 1 }, "UNKNOWN_OPTION", /saveToKafka's producer has no option "bufferBytesMax"/],
    [{ compression: "zip" }, "INVALID_OPTION", /saveToKafka's producer\.compression must be one of none, gzip/],
    [{ lingerMs: -1 }, "INVALID_OPTION", /saveToKafka's producer\.lingerMs must be a number from 0 to 60000, not -1/],
    [{ batchBytesMax: "1" }, "INVALID_OPTION", /saveToKafka's producer\.batchBytesMax must be a number/],
    [{ deliveryTimeoutMs: null }, "INVALID_OPTION", /saveToKafka's producer\.deliveryTimeoutMs must be a number/],
    [[], "INVALID_OPTION", /saveToKafka's producer's options must be an object/],
  ];
  for (const [producer, code, message] of refused) {
    assert.throws(() => rows().saveToKafka({ topic: "t", brokers: ["localhost:1"], producer }), { code, message });
  }
  assert.throws(() => rows().saveToKafka({ topic: "a b", brokers: ["localhost:1"] }), {
    code: "INVALID_OPTION",
    message: /saveToKafka's topic: Topic name is invalid/,
  });
  for (const transactionTimeout of [0, 1.5, 2 ** 31, "1"] as number[]) {
    const refused = { code: "INVALID_OPTION", message: /saveToKafka's transactionTimeout must be an integer/ };
    assert.throws(() => rows().saveToKafka({ topic: "t", brokers: ["localhost:1"], transactionTimeout }), refused);
  }
  const keyless = rows().glom() as DStream<any>;
  assert.throws(() => keyless.saveToKafka({ topic: "t", brokers: ["localhost:1"], keySerializer: () => null }), {
    code: "INVALID_OPTION",
    message: /saveToKafka's keySerializer must be left out where no row is a pair/,
  });
  const checkpointed = rows({ checkpointDir: "never made" });
  checkpointed.saveToKafka({ topic: "a", brokers: ["localhost:1"], producer: { lingerMs: 5, compression: "gzip" } });
  checkpointed.saveToKafka({ topic: "b", brokers: ["localhost:1"], producer: { compression: "gzip", lingerMs: 5 } });
  checkpointed.saveToKafka({ topic: "c", brokers: ["localhost:1"], producer: { compression: "lz4" } });
  await assert.rejects(checkpointed.context.start(), {
    code: "INVALID_OPTION",
    message: /producer of the exactly-once sink "c" must be as that of "a", since a batch has one transaction/,
  });
});

test("of several outputs the one whose records the broker refuses is named, with what helps", async (t) => {
  const broker = await EmbeddedBroker.start();
  t.after(() => broker.stop());
  await broker.createTopic("takes", { partitions: 1 });
  await broker.createTopic("refuses", { partitions: 1, config: { "max.message.bytes": "100" } });
  const brokers = [broker.bootstrapServers];
  type Rows = DStream<string>;
  const takes = (rows: Rows): void => rows.saveToKafka({ topic: "takes", brokers });
  const refuses = (rows: Rows): void => rows.saveToKafka({ topic: "refuses", brokers });
  const lines = new Set<string>();
  for (const outputs of [
    [takes, refuses],
    [refuses, takes],
  ]) {
    const clock = new ManualClock();
    const ssc = new StreamingContext({ appName: "two", batchInterval: 1_000, clock, master: "local" });
    const rows = ssc.queueStream([["x".repeat(200)]]);
    for (const output of outputs) output(rows);
    const ended = ssc.awaitTermination();
    ended.catch(() => {});
    await ssc.start();
    await clock.advance(1_000);
    await assert.rejects(ended, ({ code, message }) => {
      const [, line = ""] =
        /saveToKafka \(.*sink-options\.test\.ts:(\d+):\d+\): the broker refused records for refuses-0 with MESSAGE_TOO_LARGE.*; raise the topic's max\.message\.bytes$/.exec(
          message,
        ) ?? [];
      lines.add(line);
      return code === "BATCH_TOO_LARGE";
    });
  }
  assert.equal(lines.size, 1);
  assert.notEqual([...lines][0], "");
});
