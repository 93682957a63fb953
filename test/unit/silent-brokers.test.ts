import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { KafkaUtils, StreamingContext } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { producerSettings } from "../../src/kafka/producer/producer-options.ts";
import { RecordProducer } from "../../src/kafka/producer/record-producer.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { GroupOffsets } from "../../src/sources/kafka/planning/group-offsets.ts";
import { readRecords } from "../../src/sources/kafka/reading/record-source.ts";
import { KafkaFaultProxy } from "../support/kafka-fault-proxy.ts";
import { RecordedLog } from "../support/recorded-log.ts";
import { acceptingListener, fullListener } from "../support/silent-listener.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { join } from "../support/wire/group-requests.ts";
import { WireConnection } from "../support/wire/wire-connection.ts";

// Brokers that do not answer, in each way there is: none of them is waited for without a bound, and another one of the list is asked.

const connectTimeoutMs = 100;
let broker: EmbeddedBroker;
before(async () => {
  broker = await EmbeddedBroker.start();
  await broker.createTopic("words");
});
after(() => broker.stop());

for (const [what, listener, said] of [
  [
    "accepts connections and says nothing",
    acceptingListener,
    "accepted the connection and answered nothing within 100 ms",
  ],
  ["answers no connection", fullListener, "accepted no connection within 100 ms"],
] as const) {
  test(`where the first broker of a list ${what}, the next is asked, by readers and writers`, async () => {
    await using silent = await listener();
    const brokers = [silent.address, broker.bootstrapServers];
    const client = new KafkaClient({ brokers, connectTimeoutMs }, thisMachine);
    const producer = new RecordProducer(producerSettings({ brokers, lingerMs: 0 }), client, thisMachine);
    const { offset } = await producer.send({ topic: "words", value: "a" });
    const range = { topic: "words", partition: 0, fromOffset: offset, untilOffset: offset + 1 };
    const values: unknown[] = [];
    for await (const records of readRecords(client, range, {}, new AbortController().signal))
      values.push(...records.map(({ value }) => value));
    assert.deepEqual(values, ["a"]);
    await producer.close();
    await client.close();
  });

  test(`a lone broker that ${what} is BROKER_UNREACHABLE with its address, which is worth another try`, async () => {
    await using silent = await listener();
    const client = new KafkaClient({ brokers: [silent.address], connectTimeoutMs }, thisMachine);
    await assert.rejects(client.topics(), {
      code: "BROKER_UNREACHABLE",
      retryable: true,
      message: `[BROKER_UNREACHABLE] no broker of ${silent.address} can be reached: ${silent.address} ${said}`,
    });
    await client.close();
  });

  test(`a client is closed at once while it waits for a broker that ${what}`, async () => {
    await using silent = await listener();
    const client = new KafkaClient({ brokers: [silent.address] }, thisMachine);
    const asked = client.topics();
    await delay(20);
    const began = performance.now();
    await client.close();
    await assert.rejects(asked, { code: "ILLEGAL_STATE" });
    assert.ok(performance.now() - began < 1_000);
  });
}

test("of brokers that were not reached of late the others come first", async () => {
  await using silent = await acceptingListener();
  const client = new KafkaClient({ brokers: [silent.address, broker.bootstrapServers], connectTimeoutMs }, thisMachine);
  await client.topics();
  const began = performance.now();
  for (let n = 0; n < 5; n++) await client.topics();
  assert.ok(performance.now() - began < connectTimeoutMs);
  await client.close();
});

test("a broker that falls silent in the middle is left after the time of a request, and the error says which it was", async () => {
  await using proxy = await KafkaFaultProxy.start(broker.bootstrapServers);
  const client = new KafkaClient({ brokers: [proxy.brokers], requestTimeoutMs: 100 }, thisMachine);
  await client.topics();
  const never = Promise.withResolvers<void>();
  proxy.plan("metadata", { waits: () => never.promise });
  await assert.rejects(client.topics(), {
    code: "BROKER_UNREACHABLE",
    message: `[BROKER_UNREACHABLE] no broker of ${proxy.brokers} can be reached: ${proxy.brokers} did not answer metadata within 100 ms`,
  });
  assert.ok((await client.topics()).includes("words"));
  await client.close();
  never.resolve();
});

test("a leader that cannot be reached is named by its address, not by an answer that nobody gave", async () => {
  const alone = await EmbeddedBroker.start();
  await alone.createTopic("led");
  const client = new KafkaClient({ brokers: [alone.bootstrapServers], connectTimeoutMs }, thisMachine);
  await client.partitionCount("led");
  await alone.stop();
  await assert.rejects(
    client.listOffsets([{ topic: "led", partition: 0 }], "latest", "read_committed"),
    (error: Error) => {
      assert.match(error.message, new RegExp(`^\\[BROKER_UNREACHABLE\\] no broker of ${alone.bootstrapServers}`));
      assert.doesNotMatch(error.message, /LEADER_NOT_AVAILABLE/);
      return true;
    },
  );
  await client.close();
});

const end = (untilOffset: number) => [{ topic: "words", partition: 0, fromOffset: 0, untilOffset }];

test("a coordinator that keeps silent holds no batch: one commit is under way, and the newest follows", async () => {
  await using proxy = await KafkaFaultProxy.start(broker.bootstrapServers);
  const answers = Promise.withResolvers<void>();
  proxy.plan("offsetCommit", { waits: () => answers.promise });
  const offsets = new GroupOffsets({ brokers: [proxy.brokers] }, "slow", new RecordedLog().log, thisMachine);
  for (let untilOffset = 1; untilOffset <= 100; untilOffset++) offsets.commit(end(untilOffset));
  while (proxy.hits.length === 0) await delay(1);
  offsets.commit(end(101));
  answers.resolve();
  await offsets.settled();
  const client = new KafkaClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  assert.deepEqual(
    (await client.committedOffsets("slow")).map(({ offset }) => offset),
    [101],
  );
  await client.close();
  await offsets.close();
});

test("the end of a job waits a second for a coordinator that keeps silent, no longer", async () => {
  await using proxy = await KafkaFaultProxy.start(broker.bootstrapServers);
  const never = Promise.withResolvers<void>();
  proxy.plan("offsetCommit", { waits: () => never.promise });
  const offsets = new GroupOffsets({ brokers: [proxy.brokers] }, "silent", new RecordedLog().log, thisMachine);
  offsets.commit(end(1));
  const began = performance.now();
  await offsets.close();
  assert.ok(performance.now() - began < 2_000);
  never.resolve();
});

test("a job can be stopped while its start waits for a coordinator that keeps silent", async (t) => {
  await using proxy = await KafkaFaultProxy.start(broker.bootstrapServers);
  const never = Promise.withResolvers<void>();
  proxy.plan("initProducerId", { waits: () => never.promise });
  const options = {
    appName: "stopped",
    batchInterval: 1_000,
    clock: new ManualClock(),
    checkpointDir: temporaryDirectory(t),
  };
  const ssc = new StreamingContext(options);
  const brokers = [proxy.brokers];
  KafkaUtils.createDirectStream(ssc, { brokers, topics: ["words"] })
    .map(({ value }) => value)
    .saveToKafka({ brokers, topic: "words" });
  const started = ssc.start();
  while (proxy.hits.length === 0) await delay(1);
  await Promise.all([ssc.stop(), started]);
  never.resolve();
});

test("a group with members of its own is said to have some, once, with what to do", async () => {
  const wire = await WireConnection.open(broker.bootstrapServers);
  await join(wire, "kcat");
  const said = new RecordedLog();
  const offsets = new GroupOffsets({ brokers: [broker.bootstrapServers] }, "kcat", said.log, thisMachine);
  for (let untilOffset = 1; untilOffset <= 3; untilOffset++) {
    offsets.commit(end(untilOffset));
    await offsets.settled();
  }
  await offsets.close();
  assert.deepEqual(
    said.messages.map(({ level, code, errorCode, group }) => [level, code, errorCode, group]),
    [["warn", "OFFSETS_NOT_COMMITTED", "INVALID_OPTION", "kcat"]],
  );
  assert.match(
    said.warnings().join(),
    /^the offsets of group "kcat" could not be committed; the job goes on, .*\[INVALID_OPTION\] group "kcat" .* answered UNKNOWN_MEMBER_ID; the group has members of its own, such as kcat or another consumer; give the job another groupId$/,
  );
  wire.socket.destroy();
});

test("a server of another kind is named with what it says, and where there is another broker that one is asked", async (t) => {
  const { createServer } = await import("node:http");
  const server = createServer((_request, response) => response.end()).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const address = `127.0.0.1:${(server.address() as { port: number }).port}`;
  const alone = new KafkaClient({ brokers: [address], connectTimeoutMs: 1_000 }, thisMachine);
  await assert.rejects(alone.topics(), {
    code: "FRAME_TOO_LARGE",
    message: new RegExp(`${address}: the peer announced a frame of .*; its answer begins with "HTTP"$`),
  });
  await alone.close();
  const both = new KafkaClient({ brokers: [address, broker.bootstrapServers], connectTimeoutMs: 1_000 }, thisMachine);
  assert.ok((await both.topics()).includes("words"));
  await both.close();
});
