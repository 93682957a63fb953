import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { appendFileSync, globSync, mkdtempSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { freePort } from "../../test/support/free-port.ts";
import { RecordedLog } from "../../test/support/recorded-log.ts";
import { seededRandom } from "../../test/support/seeded-random.ts";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { fetch, produce } from "../../test/support/wire/data-requests.ts";
import { batchOf } from "../../test/support/wire/records-of.ts";
import { WireConnection } from "../../test/support/wire/wire-connection.ts";
import { KafkaClient } from "../kafka/client/kafka-client.ts";
import { readRange } from "../kafka/consumer/range-reader.ts";
import { KafkaProducer } from "../kafka/producer/kafka-producer.ts";
import { readTopics, writeTopics } from "../kafka/protocol/topic-partitions.ts";
import type { KafkaSourceOptions } from "../kafka/types.ts";
import { runtimeKey } from "../runtime/job-runtime.ts";
import { systemClock } from "../runtime/machine/clock.ts";
import { thisMachine } from "../runtime/machine/machine.ts";
import { nodeTimers, type Timer } from "../runtime/machine/timers.ts";
import { type Connection, nodeNetwork } from "../runtime/net/network.ts";
import { DirectStreamPlanner } from "../sources/kafka/planning/direct-stream-planner.ts";
import { GroupClaims } from "../sources/kafka/planning/group-claims.ts";
import { readRecords } from "../sources/kafka/reading/record-source.ts";
import { EmbeddedBroker } from "./index.ts";

/** Version 0, correlation id 7, no client id. */
const apiVersions = Buffer.from("0000000a0012000000000007ffff", "hex");

let broker: EmbeddedBroker;
let client: KafkaClient;
let producer: KafkaProducer;
before(async () => {
  broker = await EmbeddedBroker.start();
  client = new KafkaClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  producer = new KafkaProducer({ brokers: [broker.bootstrapServers] });
});
after(async () => {
  await producer.close();
  await client.close();
  await broker.stop();
});

const send = (topic: string, values: readonly (string | null)[], to: KafkaProducer = producer): Promise<unknown> =>
  Promise.all(values.map((value) => to.send({ topic, value, partition: 0 })));

async function valuesOf(from: KafkaClient, topic: string, options: object = {}): Promise<unknown[]> {
  const [end] = await from.listOffsets([{ topic, partition: 0 }], "latest", "read_committed");
  const values: unknown[] = [];
  const range = { topic, partition: 0, fromOffset: 0, untilOffset: end?.offset ?? 0 };
  for await (const records of readRecords(from, range, options, new AbortController().signal))
    values.push(...records.map(({ value }) => value));
  return values;
}

function planner(options: object): DirectStreamPlanner {
  const source = { brokers: [broker.bootstrapServers], ...options } as unknown as KafkaSourceOptions<
    unknown,
    unknown,
    "fail"
  >;
  const stream = { operator: "createDirectStream", site: undefined };
  const { log } = new RecordedLog();
  const groups = new GroupClaims(false, log);
  const settings = { stream, groups, isCheckpointed: false, batchInterval: 1_000, rate: () => undefined, log };
  return new DirectStreamPlanner(source, { appName: "planner-test", machine: thisMachine, ...settings });
}

test("what is sent is read back in order", async () => {
  await broker.createTopic("order");
  const values = Array.from({ length: 1_000 }, (_, i) => `value ${i}`);
  await send("order", values);
  assert.deepEqual(await valuesOf(client, "order"), values);
});

test("a range is read exactly, from and up to the middle of batches", async () => {
  await broker.createTopic("range");
  await send("range", ["0", "1", "2", "3", "4"]);
  const read: string[] = [];
  for await (const { columns, from, until } of readRange(
    client,
    { topic: "range", partition: 0, fromOffset: 1, untilOffset: 4 },
    { isolationLevel: "read_committed" },
  )) {
    for (let i = from; i < until; i++) read.push(String(columns.value(i)));
  }
  assert.deepEqual(read, ["1", "2", "3"]);
});

test("null values fail, are left out or kept, as the option says", async () => {
  await broker.createTopic("nulls");
  await send("nulls", ["a", null, "b"]);
  await assert.rejects(valuesOf(client, "nulls"), /\[NULL_VALUE\] the record at nulls-0 offset 1 has no value/);
  assert.deepEqual(await valuesOf(client, "nulls", { nullValues: "skip" }), ["a", "b"]);
  assert.deepEqual(await valuesOf(client, "nulls", { nullValues: "keep" }), ["a", null, "b"]);
});

test("what cannot be deserialized fails, is left out, or goes to a handler", async () => {
  await broker.createTopic("json");
  await send("json", ["1", "oops", "3"]);
  const valueDeserializer = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString());
  await assert.rejects(
    valuesOf(client, "json", { valueDeserializer }),
    /\[DESERIALIZATION_FAILED\] the record at json-0 offset 1/,
  );
  assert.deepEqual(await valuesOf(client, "json", { valueDeserializer, onDeserializationError: "skip" }), [1, 3]);
  const handled: unknown[] = [];
  const onDeserializationError = (raw: { offset: number; value: Uint8Array }, error: { code: string }): void => {
    handled.push([raw.offset, Buffer.from(raw.value).toString(), error.code]);
  };
  assert.deepEqual(await valuesOf(client, "json", { valueDeserializer, onDeserializationError }), [1, 3]);
  assert.deepEqual(handled, [[1, "oops", "DESERIALIZATION_FAILED"]]);
});

test("a topic that is missing names those that look alike", async () => {
  await assert.rejects(
    client.partitionCount("odrer"),
    /\[TOPIC_NOT_FOUND\] topic "odrer" does not exist on .*; topics with a similar name: order/,
  );
  await assert.rejects(producer.send({ topic: "odrer", value: "x" }), { code: "TOPIC_NOT_FOUND" });
});

test("a record larger than a batch is refused", async () => {
  await broker.createTopic("large");
  await assert.rejects(producer.send({ topic: "large", value: "x".repeat(2_000_000) }), { code: "BATCH_TOO_LARGE" });
});

test("a batch that the broker finds too large is split", async () => {
  await broker.createTopic("split", { config: { "max.message.bytes": "1000" } });
  const values = Array.from({ length: 50 }, (_, i) => `${i}`.padEnd(50, "."));
  await send("split", values);
  assert.deepEqual(await valuesOf(client, "split"), values);
});

test("batches go on where the last one ended, limited by the rate; the group shows how far", async () => {
  await broker.createTopic("planned", { partitions: 1 });
  await send("planned", ["a", "b", "c", "d", "e"]);
  const plans = planner({
    topics: ["planned"],
    startingOffsets: "earliest",
    maxRatePerPartition: 2,
    groupId: "planned-group",
  });
  assert.equal(await plans.start(), 1);
  const at = { topic: "planned", partition: 0 };
  assert.deepEqual((await plans.plan(1_000)).ranges, [{ ...at, fromOffset: 0, untilOffset: 2, leaderEpoch: 0 }]);
  const second = (await plans.plan(1_000)).ranges;
  assert.deepEqual(second, [{ ...at, fromOffset: 2, untilOffset: 4, leaderEpoch: 0 }]);
  await plans.commit(second);
  await plans.stop();
  assert.deepEqual(await client.committedOffsets("planned-group"), [
    { ...at, offset: 4, metadata: "", leaderEpoch: 0 },
  ]);
  const resumed = planner({ topics: ["planned"], groupId: "planned-group" });
  await resumed.start();
  assert.deepEqual((await resumed.plan(1_000)).ranges, [{ ...at, fromOffset: 4, untilOffset: 5, leaderEpoch: 0 }]);
  await resumed.stop();
});

test("a start that is outside of the log fails, or moves as the policy says", async () => {
  await broker.createTopic("outside");
  await send("outside", ["a"]);
  const startingOffsets = [{ topic: "outside", partition: 0, offset: 99 }];
  const failing = planner({ topics: ["outside"], startingOffsets });
  await assert.rejects(
    failing.start(),
    /\[OFFSET_OUT_OF_RANGE\] offset 99 of outside-0 is not in the log, which has 0 to 1/,
  );
  await failing.stop();
  const moving = planner({ topics: ["outside"], startingOffsets, onOffsetOutOfRange: "earliest" });
  await moving.start();
  assert.deepEqual((await moving.plan(1_000)).ranges, [
    { topic: "outside", partition: 0, fromOffset: 0, untilOffset: 1, leaderEpoch: 0 },
  ]);
  await moving.stop();
});

test("files are found again; what a crash left half written is cut off", async () => {
  const dir = mkdtempSync(join(tmpdir(), "dstream-broker-"));
  const first = await EmbeddedBroker.start({ dir });
  await first.createTopic("kept");
  const writer = new KafkaProducer({ brokers: [first.bootstrapServers] });
  await send("kept", ["a", "b"], writer);
  await writer.close();
  const before = new KafkaClient({ brokers: [first.bootstrapServers] }, thisMachine);
  await before.commitOffsets("g", [{ topic: "kept", partition: 0, offset: 1 }]);
  await before.close();
  await first.stop();
  for (const log of globSync(join(dir, "*/0/*.log"))) appendFileSync(log, Buffer.from([0, 0, 0, 0, 0, 0, 0, 9, 0, 0]));
  const second = await EmbeddedBroker.start({ dir });
  const again = new KafkaClient({ brokers: [second.bootstrapServers] }, thisMachine);
  assert.deepEqual(await valuesOf(again, "kept"), ["a", "b"]);
  assert.deepEqual(await again.committedOffsets("g"), [{ topic: "kept", partition: 0, offset: 1, metadata: "" }]);
  const more = new KafkaProducer({ brokers: [second.bootstrapServers] });
  await send("kept", ["c"], more);
  assert.deepEqual(await valuesOf(again, "kept"), ["a", "b", "c"]);
  await more.close();
  await again.close();
  await second.stop();
});

test("records that were deleted are out of range, also after a restart", async () => {
  const dir = mkdtempSync(join(tmpdir(), "dstream-broker-"));
  const first = await EmbeddedBroker.start({ dir });
  await first.createTopic("deleted");
  const writer = new KafkaProducer({ brokers: [first.bootstrapServers] });
  for (const value of ["a", "b", "c"]) await send("deleted", [value], writer);
  await writer.close();
  const wire = await WireConnection.open(first.bootstrapServers);
  const answer = await wire.request("deleteRecords", 2, (request) => {
    const topics = [{ topic: "deleted", partitions: [0] }];
    writeTopics(request, topics, (partition) => request.int32(partition).int64(2).tags());
    request.int32(1_000).tags();
  });
  answer.int32();
  const [result] = readTopics(answer, () => [answer.int32(), answer.int64(), answer.int16(), answer.tags()]);
  assert.deepEqual(result?.partitions, [[0, 2, 0, undefined]]);
  wire.close();
  await first.stop();
  const second = await EmbeddedBroker.start({ dir });
  const again = new KafkaClient({ brokers: [second.bootstrapServers] }, thisMachine);
  const at = [{ topic: "deleted", partition: 0 }];
  assert.equal((await again.listOffsets(at, "earliest", "read_committed"))[0]?.offset, 2);
  await assert.rejects(valuesOf(again, "deleted"), { code: "OFFSET_OUT_OF_RANGE" });
  await again.close();
  await second.stop();
});

test("who connects while the broker opens its files is answered after that, and does not hold up its end", async (t) => {
  const port = await freePort();
  const starting = EmbeddedBroker.start({ port, dir: temporaryDirectory(t) });
  let isReady = false;
  void starting.then(() => {
    isReady = true;
  });
  const early = await firstConnection(port);
  assert.equal(isReady, false);
  const broker = await starting;
  early.write(apiVersions);
  const [answer] = (await once(early, "data", { signal: AbortSignal.timeout(5_000) })) as [Buffer];
  assert.equal(answer.readInt32BE(4), 7);
  await broker.stop();
});

/** What it receives comes as "data" at once, unless it is paused. */
class EagerConnection extends EventEmitter implements Connection {
  destroyed = false;
  readonly writableLength = 0;
  readonly written: Buffer[] = [];
  #isPaused = false;
  #kept: Buffer[] = [];

  receive(bytes: Buffer): void {
    if (this.#isPaused) this.#kept.push(bytes);
    else this.emit("data", bytes);
  }

  write(bytes: Uint8Array): boolean {
    this.written.push(Buffer.from(bytes));
    this.emit("written");
    return true;
  }

  pause(): this {
    this.#isPaused = true;
    return this;
  }

  resume(): this {
    this.#isPaused = false;
    for (const bytes of this.#kept.splice(0)) this.receive(bytes);
    return this;
  }

  destroy(): this {
    this.destroyed = true;
    this.emit("close");
    return this;
  }

  setTimeout(): this {
    return this;
  }

  cork(): void {}
  uncork(): void {}
}

test("what a client sends before the files are open waits in its connection, whatever the network", async (t) => {
  const early = new EagerConnection();
  const network = {
    ...nodeNetwork,
    async listen(_host: string, port: number, connected: (connection: Connection) => void) {
      connected(early);
      early.receive(apiVersions);
      return { port, close: async () => {} };
    },
  };
  const answered = once(early, "written", { signal: AbortSignal.timeout(5_000) });
  const given = await EmbeddedBroker.start({ port: 9, dir: temporaryDirectory(t), [runtimeKey]: { network } });
  await answered;
  assert.equal(Buffer.concat(early.written).readInt32BE(4), 7);
  await given.stop();
  assert.equal(early.destroyed, true);
});

test("what two runs differ by comes from the machine that a broker is given", async (t) => {
  const now = 1_800_000_000_000;
  const run = async (): Promise<unknown[]> => {
    const dir = temporaryDirectory(t);
    const below = seededRandom(7);
    const random = {
      fraction: () => below(1_000) / 1_000,
      bytes: (length: number) => Buffer.from(Array.from({ length }, () => below(256))),
    };
    const clock = { ...systemClock, now: () => now };
    const given = await EmbeddedBroker.start({ dir, [runtimeKey]: { random, clock } });
    await given.createTopic("t", { config: { "message.timestamp.type": "LogAppendTime" } });
    const wire = await WireConnection.open(given.bootstrapServers);
    const { appendTimeMs } = await produce(wire, "t", batchOf([{ value: "a", timestamp: 1 }]));
    assert.equal(appendTimeMs, now);
    wire.close();
    const committing = new KafkaClient({ brokers: [given.bootstrapServers] }, thisMachine);
    await committing.commitOffsets("g", [{ topic: "t", partition: 0, offset: 1 }]);
    await committing.close();
    await given.stop();
    const names = globSync("**/*.*", { cwd: dir }).sort();
    return names.map((name) => [name, readFileSync(join(dir, name), "latin1")]);
  };
  const first = await run();
  assert.equal(first.length, 4);
  assert.deepEqual(await run(), first);
});

test("a broker waits by the timers, and listens on the network, that it is given", async () => {
  const set = Promise.withResolvers<{ readonly ms: number; readonly callback: () => void }>();
  const listening: string[] = [];
  const after = (ms: number, callback: () => void): Timer => {
    set.resolve({ ms, callback });
    const timer: Timer = { cancel: () => {}, unref: () => timer };
    return timer;
  };
  const given = await EmbeddedBroker.start({
    [runtimeKey]: {
      timers: { ...nodeTimers, after },
      network: {
        ...nodeNetwork,
        listen(host, port, connected) {
          listening.push(`${host}:${port}`);
          return nodeNetwork.listen(host, port, connected);
        },
      },
    },
  });
  await given.createTopic("t");
  const wire = await WireConnection.open(given.bootstrapServers);
  const fetching = fetch(wire, "t", 0, { maxWaitMs: 3_600_000 });
  const { ms, callback } = await set.promise;
  assert.equal(ms, 3_600_000);
  callback();
  assert.equal((await fetching).batches.length, 0);
  assert.deepEqual(listening, ["127.0.0.1:0"]);
  wire.close();
  await given.stop();
});

test("where it cannot listen the error says what to do", async () => {
  const { port } = new URL(`kafka://${broker.bootstrapServers}`);
  await assert.rejects(EmbeddedBroker.start({ port: Number(port) }), {
    code: "PORT_IN_USE",
    message: `[PORT_IN_USE] port ${port} of 127.0.0.1 is in use; choose another, or 0 for a free one`,
    data: { host: "127.0.0.1", port: Number(port) },
  });
  // An address of documentation (RFC 5737), which no machine has.
  await assert.rejects(EmbeddedBroker.start({ host: "192.0.2.1" }), {
    code: "INVALID_OPTION",
    message: "[INVALID_OPTION] 192.0.2.1:0 cannot be listened on (EADDRNOTAVAIL)",
  });
});

/** A connection as early as there can be one. */
async function firstConnection(port: number): Promise<Socket> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const connected = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    if (connected) return socket;
    if (performance.now() > deadline) throw new Error(`nothing listens on port ${port}`);
    await setImmediate();
  }
}
