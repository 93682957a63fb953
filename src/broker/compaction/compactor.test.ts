import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { type BatchOptions, batchOf } from "../../../test/support/wire/records-of.ts";
import { KafkaClient } from "../../kafka/client/kafka-client.ts";
import { readRange } from "../../kafka/consumer/range-reader.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { openFiles } from "../broker-files.ts";
import { EmbeddedBroker } from "../embedded-broker.ts";
import type { PartitionLog } from "../log/partition-log.ts";
import { compactLog } from "./compact-log.ts";
import { Compactor } from "./compactor.ts";

const config = { "cleanup.policy": "compact", "internal.segment.bytes": "500", "delete.retention.ms": "0" };

function put(log: PartitionLog, record: string, options: BatchOptions = {}): void {
  const [key = "", value = null] = record.split("=");
  assert.equal(log.append(batchOf([{ key, value }], options)).errorCode, 0);
}

function roll(log: PartitionLog): void {
  put(log, `filler=${"x".repeat(400)}`);
}

test("a topic is read to its end where compaction left a producer's last marker without its record", async (t) => {
  const dir = temporaryDirectory(t);
  const files = openFiles(dir, 1, 1, thisMachine);
  files.topics.create({ name: "table", partitions: 1, config });
  const log = files.topics.partition("table", 0) as PartitionLog;
  put(log, "a=1");
  put(log, "a=2", { producerId: 5, producerEpoch: 0, baseSequence: 0, isTransactional: true });
  // The marker of a fenced producer has the next epoch, in which nothing was written.
  log.endTransaction(5, 1, "abort");
  for (let go = 0; go < 3; go++) {
    roll(log);
    await compactLog(log, thisMachine, { nowMs: Date.now() + go });
  }
  const marker = log.read(2, 3, 1_000, true)?.batches;
  assert.deepEqual([marker?.readInt16BE(21), marker?.readInt32BE(57)], [0x30, 0]);
  files.close();
  const broker = await EmbeddedBroker.start({ dir });
  const client = new KafkaClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  const read: string[] = [];
  const range = { topic: "table", partition: 0, fromOffset: 0, untilOffset: 6 };
  try {
    for await (const { header, columns, from, until } of readRange(client, range, { isolationLevel: "read_committed" }))
      for (let i = from; i < until; i++)
        read.push(`${header.baseOffset + (columns.offsetDelta[i] as number)}:${columns.key(i)}`);
  } finally {
    await client.close();
    await broker.stop();
  }
  assert.deepEqual(read, ["0:a", "4:filler", "5:filler"]);
});

test("the compactor finds what is due, notes how far it came, and tells of a log that is damaged", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const files = openFiles(temporaryDirectory(t), 1, 1, thisMachine);
  const told: string[] = [];
  for (const name of ["whole", "damaged"]) {
    files.topics.create({ name, partitions: 1, config });
    const log = files.topics.partition(name, 0) as PartitionLog;
    for (let i = 0; i < 20; i++) put(log, `k${i % 2}=${i}`);
  }
  const [whole, damaged] = ["whole", "damaged"].map((name) => files.topics.partition(name, 0)) as [
    PartitionLog,
    PartitionLog,
  ];
  const bytes = damaged.segments[0]?.bytes;
  assert.ok(bytes);
  const read = bytes.read.bind(bytes);
  bytes.read = (...args) => {
    const batches = read(...args);
    batches[70] = (batches[70] as number) ^ 1;
    return batches;
  };
  const compactor = new Compactor(files.topics, (line) => told.push(line), thisMachine);
  const untouched = damaged.bytes;
  const before = whole.bytes;
  t.mock.timers.tick(1_000);
  await compactor.idle();
  const end = whole.segments.at(-1)?.baseOffset;
  assert.ok(whole.bytes < before);
  assert.deepEqual([whole.cleanedBelow, damaged.cleanedBelow, damaged.bytes], [end, 0, untouched]);
  assert.equal(told.length, 1);
  assert.match(told[0] as string, /^damaged-0 cannot be compacted: .*checksum/);
  // It is not tried again at once.
  t.mock.timers.tick(1_000);
  await compactor.idle();
  assert.equal(told.length, 1);
  const records = files.topics.records().filter(({ type }) => type === "cleaned");
  assert.deepEqual(records, [{ type: "cleaned", topicId: files.topics.get("whole")?.id, partition: 0, offset: end }]);
  await compactor.stop();
  files.close();
});
