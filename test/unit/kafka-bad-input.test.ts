import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type ConsumerRecord, type DStreamError, deserializers, KafkaProducer, RetryableError } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { BatchBuilder } from "../../src/kafka/record-batch/batch-builder.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { damageLog } from "../support/damage-log.ts";
import { dstream } from "../support/dstream.ts";
import { committedOffset, startKafkaJob } from "../support/kafka-job.ts";

// Records that no job should have to see. Each says where it stands, ends the job or is left out as the options say, and no offset
// behind it is committed.

let broker: EmbeddedBroker;
before(async () => {
  broker = await EmbeddedBroker.start();
});
after(() => broker.stop());

async function send(brokers: string, topic: string, values: readonly (string | null)[]): Promise<void> {
  const producer = new KafkaProducer({ brokers: [brokers] });
  for (const value of values) await producer.append({ topic, key: "k", value });
  await producer.flush();
  await producer.close();
}

test("a bit that flipped in the broker's file ends the job, which names the batch; the batches before it count", async () => {
  const dir = mkdtempSync(join(tmpdir(), "dstream-broker-"));
  const onDisk = await EmbeddedBroker.start({ dir });
  const brokers = onDisk.bootstrapServers;
  await onDisk.createTopic("flipped");
  await send(brokers, "flipped", ["good", "fine"]);
  const job = await startKafkaJob(brokers, { topics: ["flipped"] });
  assert.deepEqual(await job.next(), ["good", "fine"]);
  await send(brokers, "flipped", ["damaged"]);
  damageLog(dir, "damaged");
  await job.next();
  await assert.rejects(job.ended, {
    code: "CORRUPT_BATCH",
    message: /^\[CORRUPT_BATCH\] record batch at flipped-0@2: /,
    data: { topic: "flipped", partition: 0, offset: 2 },
  });
  assert.equal(await committedOffset(brokers, "flipped"), 2);
  await onDisk.stop();
  rmSync(dir, { recursive: true });
});

test("a batch that decompresses to more than the limit ends the job, which names the option", async () => {
  const mib = 1024 * 1024;
  await broker.createTopic("bomb", { config: { "max.decompressed.message.bytes": String(128 * mib) } });
  const builder = new BatchBuilder(80 * mib);
  builder.tryAppend(null, Buffer.alloc(65 * mib), Date.now());
  const records = builder.finish({ compression: "gzip", producerId: -1, producerEpoch: -1, baseSequence: -1 });
  const client = new KafkaClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  const { nodeId } = await client.leaderOf("bomb", 0);
  const topics = [{ topic: "bomb", partitions: [{ partition: 0, records }] }];
  const answer = await client.produce({ acks: -1, timeoutMs: 10_000, transactionalId: null, topics }, nodeId);
  assert.deepEqual([answer.partitions[0]?.errorCode, records.length < mib], [0, true]);
  await client.close();
  const job = await startKafkaJob(broker.bootstrapServers, { topics: ["bomb"] });
  await job.next();
  await assert.rejects(job.ended, {
    code: "BATCH_TOO_LARGE",
    message: `[BATCH_TOO_LARGE] record batch at bomb-0@0 decompresses to more than ${64 * mib} bytes, the limit is ${64 * mib}; raise \`maxDecompressedBytes\` if its producer is trusted`,
  });
  assert.equal(await committedOffset(broker.bootstrapServers, "bomb"), undefined);
  const trusting = await startKafkaJob(broker.bootstrapServers, {
    topics: ["bomb"],
    maxDecompressedBytes: 66 * mib,
    valueDeserializer: (bytes) => bytes.length,
  });
  assert.deepEqual(await trusting.next(), [65 * mib]);
  await trusting.stop();
});

test("a peer that announces a frame above the limit ends the job before anything is allocated", async () => {
  const peer = createServer((socket) =>
    socket.on("error", () => {}).on("data", () => socket.write(Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1]))),
  );
  await new Promise<void>((resolve) => peer.listen(0, "127.0.0.1", resolve));
  const { port } = peer.address() as { port: number };
  await assert.rejects(startKafkaJob(`127.0.0.1:${port}`, { topics: ["any"] }), {
    code: "FRAME_TOO_LARGE",
    data: { bytes: 2 ** 31 - 1, limit: 100 * 1024 * 1024, broker: `127.0.0.1:${port}` },
  });
  peer.close();
});

test("a value that cannot be deserialized ends the job, which names the record and keeps the reason", async () => {
  await broker.createTopic("json-fail");
  await send(broker.bootstrapServers, "json-fail", ['{"a":1}', "{oops", '{"b":2}']);
  const job = await startKafkaJob(broker.bootstrapServers, {
    topics: ["json-fail"],
    valueDeserializer: deserializers.json(),
  });
  await job.next();
  await assert.rejects(job.ended, (error: DStreamError) => {
    assert.equal(error.code, "DESERIALIZATION_FAILED");
    assert.match(error.message, /the record at json-fail-0 offset 1 cannot be deserialized/);
    assert.doesNotMatch(error.message, /oops/);
    assert.ok(error.cause instanceof SyntaxError);
    return true;
  });
  assert.equal(await committedOffset(broker.bootstrapServers, "json-fail"), undefined);
});

test("a value that cannot be deserialized is left out, or given to the handler as it is", async () => {
  await broker.createTopic("json-skip");
  await send(broker.bootstrapServers, "json-skip", ['{"a":1}', "{oops", '{"b":2}']);
  const raw: [ConsumerRecord<Uint8Array, Uint8Array | null>, string][] = [];
  for (const onDeserializationError of [
    "skip",
    (record: ConsumerRecord<Uint8Array, Uint8Array | null>, error: DStreamError) => raw.push([record, error.code]),
  ] as const) {
    const job = await startKafkaJob(broker.bootstrapServers, {
      topics: ["json-skip"],
      startingOffsets: "earliest",
      valueDeserializer: deserializers.json(),
      onDeserializationError,
    });
    assert.deepEqual(await job.next(), [{ a: 1 }, { b: 2 }]);
    await job.stop();
    assert.equal(await committedOffset(broker.bootstrapServers, "json-skip"), 3);
  }
  assert.equal(raw.length, 1);
  const [record, code] = raw[0] as (typeof raw)[0];
  assert.equal(code, "DESERIALIZATION_FAILED");
  assert.deepEqual(
    [record.topic, record.partition, record.offset, record.key, record.value, record.headers],
    ["json-skip", 0, 1, new Uint8Array(Buffer.from("k")), new Uint8Array(Buffer.from("{oops")), []],
  );
});

test("JSON that could not leave its task is left out like any other value that cannot be deserialized", async () => {
  await broker.createTopic("json-poison");
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  await send(broker.bootstrapServers, "json-poison", ['{"a":1}', '{"__proto__":{"a":2}}', deep, '{"a":3}']);
  const job = await startKafkaJob(broker.bootstrapServers, {
    topics: ["json-poison"],
    startingOffsets: "earliest",
    valueDeserializer: deserializers.json(),
    onDeserializationError: "skip",
  });
  assert.deepEqual(await job.next(), [{ a: 1 }, { a: 3 }]);
  await job.stop();
});

test("a handler that throws ends the job, which names it and the record", async () => {
  await broker.createTopic("handler");
  await send(broker.bootstrapServers, "handler", ["{oops"]);
  const job = await startKafkaJob(broker.bootstrapServers, {
    topics: ["handler"],
    valueDeserializer: deserializers.json(),
    onDeserializationError: () => {
      throw new RangeError("full");
    },
  });
  await job.next();
  await assert.rejects(job.ended, {
    code: "USER_FUNCTION_FAILED",
    message:
      /^\[USER_FUNCTION_FAILED\] the function of onDeserializationError threw RangeError at \S+:\d+:\d+, for record handler-0 offset 0$/,
  });
});

for (const master of ["local", "local[2]"]) {
  test(`a batch waits for an async handler, and fails when it rejects, on ${master}`, async () => {
    const topic = "broken";
    if (master === "local") await broker.createTopic(topic);
    await send(broker.bootstrapServers, topic, ["{oops"]);
    const args = ["run", "test/unit/jobs/rejecting-handler.ts", "--master", master];
    const { code, stdout, stderr } = await dstream([...args, "--brokers", broker.bootstrapServers]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(
      stderr,
      /\[USER_FUNCTION_FAILED\] the function of onDeserializationError threw RangeError at \S+:\d+:\d+, for record broken-0 offset 0; caused by /,
    );
    assert.match(stderr, /caused by: RangeError: no room for it\n {4}at \S*onDeserializationError/);
  });
}

test("deserializers may not be async, whatever becomes of records that cannot be read", async () => {
  await broker.createTopic("promised");
  await send(broker.bootstrapServers, "promised", ["1"]);
  const job = await startKafkaJob(broker.bootstrapServers, {
    topics: ["promised"],
    valueDeserializer: (async () => Promise.reject(new Error("later"))) as never,
    onDeserializationError: "skip",
  });
  await job.next();
  await assert.rejects(job.ended, {
    code: "PROMISE_NOT_AWAITED",
    message: /^\[\w+\] valueDeserializer: the function gave a promise for the record at promised-0 offset 0, /,
  });
});

test("a rate that throws ends the job, which names it, its line and the partition", async () => {
  await broker.createTopic("rates");
  await send(broker.bootstrapServers, "rates", ["a"]);
  const job = await startKafkaJob(broker.bootstrapServers, {
    topics: ["rates"],
    maxRatePerPartition: () => {
      throw new RangeError("too fast");
    },
  });
  await job.next();
  await assert.rejects(job.ended, {
    code: "USER_FUNCTION_FAILED",
    message:
      /^\[USER_FUNCTION_FAILED\] the function of maxRatePerPartition \(\S+\) threw RangeError at \S+:\d+:\d+, for rates-0$/,
  });
});

test("a record without a value ends the job, is left out, or is kept as null", async () => {
  await broker.createTopic("nulls");
  await send(broker.bootstrapServers, "nulls", ["a", null, "b"]);
  const failing = await startKafkaJob(broker.bootstrapServers, { topics: ["nulls"] });
  await failing.next();
  await assert.rejects(failing.ended, {
    code: "NULL_VALUE",
    message: '[NULL_VALUE] the record at nulls-0 offset 1 has no value; choose nullValues "skip" or "keep"',
  });
  for (const [nullValues, expected] of [
    ["skip", ["a", "b"]],
    ["keep", ["a", null, "b"]],
  ] as const) {
    const job = await startKafkaJob(broker.bootstrapServers, {
      topics: ["nulls"],
      startingOffsets: "earliest",
      nullValues,
    });
    assert.deepEqual(await job.next(), expected);
    await job.stop();
  }
});

test("a deserializer that may succeed later has the batch run again, and one that is none ends the job: no policy leaves out a record for that", async () => {
  await broker.createTopic("later");
  await send(broker.bootstrapServers, "later", ["a", "b"]);
  let failures = 2;
  const later = (bytes: Uint8Array): string => {
    if (failures-- > 0) throw new RetryableError("the registry is away");
    return Buffer.from(bytes).toString();
  };
  const job = await startKafkaJob(broker.bootstrapServers, {
    topics: ["later"],
    valueDeserializer: later,
    onDeserializationError: "skip",
  });
  assert.deepEqual(await job.next(), ["a", "b"]);
  await job.stop();
  const uncalled = await startKafkaJob(broker.bootstrapServers, {
    topics: ["later"],
    groupId: "uncalled",
    valueDeserializer: deserializers.json as never,
    onDeserializationError: "skip",
  });
  await uncalled.next();
  await assert.rejects(uncalled.ended, { code: "INVALID_OPTION", message: /deserializers\.json.*call it/ });
});
