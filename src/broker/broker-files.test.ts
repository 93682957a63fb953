import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Machine as Processes } from "../../test/support/plain-process.ts";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { batchOf, linesOf } from "../../test/support/wire/records-of.ts";
import { runtimeKey } from "../runtime/job-runtime.ts";
import { type Machine, thisMachine } from "../runtime/machine/machine.ts";
import { processIdentity } from "../runtime/process/process-identity.ts";
import { type BrokerFiles, openFiles } from "./broker-files.ts";
import { EmbeddedBroker } from "./embedded-broker.ts";
import type { PartitionLog } from "./log/partition-log.ts";
import { MetaLog } from "./meta-log.ts";

/** With the clock that tests set. */
const machine: Machine = { ...thisMachine, clock: { ...thisMachine.clock, now: () => Date.now() } };

const producer = { producerId: 0, epoch: 0 };

function open(dir: string): BrokerFiles {
  return openFiles(dir, 1, 1, machine);
}

/** What a crash at this moment leaves behind. */
function crash(dir: string, to: string): BrokerFiles {
  rmSync(to, { recursive: true, force: true });
  cpSync(dir, to, { recursive: true });
  return open(to);
}

function createTopic(files: BrokerFiles, name: string): PartitionLog {
  assert.equal(files.topics.create({ name, partitions: 1, config: {} }).errorCode, 0);
  return logOf(files, name);
}

function logOf({ topics }: BrokerFiles, name: string): PartitionLog {
  return topics.partition(name, 0) as PartitionLog;
}

/** A transaction with a record and a group's offset, both open. */
function begin({ transactions }: BrokerFiles, log: PartitionLog): { producerId: number; epoch: number } {
  const identity = transactions.init("t", 60_000, undefined);
  assert.equal(transactions.addPartitions("t", identity, [{ topic: "topic", partition: 0 }]), 0);
  assert.equal(transactions.addGroup("t", identity, "group"), 0);
  const { producerId, epoch: producerEpoch } = identity;
  log.append(batchOf(["open"], { producerId, producerEpoch, baseSequence: 0, isTransactional: true }));
  const offset = { group: "group", topic: "topic", partition: 0, offset: 5, leaderEpoch: -1, metadata: "" };
  assert.equal(transactions.commitOffsets("t", identity, [offset]), 0);
  return identity;
}

function linesIn(log: PartitionLog): string[] {
  return linesOf(log.read(0, log.endOffset, 1_000_000, true)?.batches ?? Buffer.alloc(0));
}

for (const isCrash of [false, true]) {
  test(`an open transaction goes on after a ${isCrash ? "crash" : "stop"}`, (t) => {
    const root = temporaryDirectory(t);
    const dir = join(root, "broker");
    const first = open(dir);
    const identity = begin(first, createTopic(first, "topic"));
    if (!isCrash) first.close();
    const second = isCrash ? crash(dir, join(root, "crashed")) : open(dir);
    const log = logOf(second, "topic");
    assert.equal(log.lastStableOffset, 0);
    assert.ok(second.transactions.hasPendingOffset("group", "topic", 0));
    assert.equal(second.transactions.verify("t", identity, { topic: "topic", partition: 0 }), 0);
    assert.equal(second.transactions.end("t", identity, true), 0);
    assert.deepEqual(linesIn(log), ["0:open", "1:commit"]);
    assert.equal(second.groups.offset("group", "topic", 0)?.offset, 5);
    second.close();
    if (isCrash) first.close();
  });
}

test("what was decided before a crash is carried out after it", (t) => {
  const root = temporaryDirectory(t);
  const dir = join(root, "broker");
  for (const isCommit of [true, false]) {
    rmSync(dir, { recursive: true, force: true });
    const first = open(dir);
    const log = createTopic(first, "topic");
    const identity = begin(first, log);
    // The disk fails between the decision and the marker.
    log.endTransaction = () => {
      throw new Error("no space");
    };
    assert.equal(first.transactions.end("t", identity, isCommit), 0);
    assert.equal(log.lastStableOffset, 0);
    const second = crash(dir, join(root, "crashed"));
    assert.deepEqual(linesIn(logOf(second, "topic")), ["0:open", isCommit ? "1:commit" : "1:abort"]);
    assert.equal(second.groups.offset("group", "topic", 0)?.offset, isCommit ? 5 : undefined);
    assert.equal(second.transactions.end("t", identity, isCommit), 0);
    second.close();
    first.close();
  }
});

test("a transaction whose time passed while the broker was away is aborted", async (t) => {
  const root = temporaryDirectory(t);
  const dir = join(root, "broker");
  const first = open(dir);
  const log = createTopic(first, "topic");
  const identity = begin(first, log);
  const notes = join(root, "crashed");
  cpSync(dir, notes, { recursive: true });
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() + 61_000 });
  const second = open(notes);
  t.mock.timers.tick(1);
  assert.deepEqual(linesIn(logOf(second, "topic")), ["0:open", "1:abort"]);
  assert.notEqual(second.transactions.end("t", identity, true), 0);
  second.close();
  first.close();
});

test("records of a transaction that no note tells of are aborted, so that readers do not wait for ever", (t) => {
  const root = temporaryDirectory(t);
  const dir = join(root, "broker");
  const first = open(dir);
  const log = createTopic(first, "topic");
  const sizeBefore = statSync(join(dir, "meta.log")).size;
  begin(first, log);
  const crashed = join(root, "crashed");
  cpSync(dir, crashed, { recursive: true });
  truncateSync(join(crashed, "meta.log"), sizeBefore);
  const second = open(crashed);
  assert.deepEqual(linesIn(logOf(second, "topic")), ["0:open", "1:abort"]);
  second.close();
  first.close();
});

test("notes cut off at any byte are those before; one that is damaged before others is refused", (t) => {
  const root = temporaryDirectory(t);
  const dir = join(root, "broker");
  const files = open(dir);
  const path = join(dir, "meta.log");
  createTopic(files, "topic");
  const sizes = [statSync(path).size];
  for (let offset = 1; offset <= 3; offset++) {
    files.groups.commit("group", { topic: "topic", partition: 0, offset, leaderEpoch: -1, metadata: "ä" });
    sizes.push(statSync(path).size);
  }
  const bytes = readFileSync(path);
  files.close();
  writeFileSync(path, bytes);
  const [afterTopic = 0] = sizes;
  for (let length = afterTopic; length <= bytes.length; length++) {
    writeFileSync(path, bytes.subarray(0, length));
    const found = new MetaLog(dir, machine).read().filter(({ type }) => type === "offset");
    // The line's end may be missing: the checksum says that the line is whole.
    const expected = sizes.filter((size) => size - 1 <= length).length - 1;
    assert.equal(found.length, expected, `${length} bytes`);
  }
  const damaged = Buffer.from(bytes);
  damaged[afterTopic + 20] = (damaged[afterTopic + 20] as number) ^ 1;
  writeFileSync(path, damaged);
  assert.throws(() => open(dir), { code: "BROKER_FILES_CORRUPT", message: /line \d+ of .*meta\.log is damaged/ });
  // It was refused, not changed, and the folder is free again.
  assert.deepEqual(readFileSync(path), damaged);
  writeFileSync(path, bytes);
  open(dir).close();
});

test("notes are written anew when most of them count no more", async (t) => {
  const dir = temporaryDirectory(t);
  const files = open(dir);
  createTopic(files, "topic");
  const metadata = "m".repeat(1_000);
  for (let offset = 1; offset <= 5_000; offset++) {
    files.groups.commit("group", { topic: "topic", partition: 0, offset, leaderEpoch: -1, metadata });
    if (offset % 100 === 0) await new Promise(setImmediate);
  }
  const { size } = statSync(join(dir, "meta.log"));
  assert.ok(size < 1_500_000, `${size} bytes`);
  files.close();
  const again = open(dir);
  assert.equal(again.groups.offset("group", "topic", 0)?.offset, 5_000);
  again.close();
});

test("deleted topics, groups and offsets stay deleted, and leave no files", (t) => {
  const root = temporaryDirectory(t);
  const dir = join(root, "broker");
  const files = open(dir);
  const offset = { topic: "topic", partition: 0, offset: 1, leaderEpoch: -1, metadata: "" };
  createTopic(files, "topic");
  createTopic(files, "other");
  for (const group of ["kept", "deleted", "partly"]) files.groups.commit(group, offset);
  files.groups.commit("partly", { ...offset, topic: "other" });
  files.groups.delete("deleted");
  files.groups.deleteOffset("partly", "other", 0);
  const { id } = files.topics.get("other") as { id: string };
  // A crash between the note and the removal of the files.
  mkdirSync(join(root, "aside"));
  cpSync(join(dir, id), join(root, "aside", id), { recursive: true });
  files.topics.delete(files.topics.get("other") as never);
  cpSync(join(root, "aside"), dir, { recursive: true });
  const again = crash(dir, join(root, "crashed"));
  assert.deepEqual(
    [...again.topics.all()].map(({ name }) => name),
    ["topic"],
  );
  assert.equal(existsSync(join(root, "crashed", id)), false);
  assert.deepEqual(again.groups.offsets("deleted"), []);
  assert.deepEqual(
    again.groups.offsets("partly").map(({ commitMs, ...kept }) => kept),
    [offset],
  );
  again.topics.delete(again.topics.get("topic") as never);
  const third = crash(join(root, "crashed"), join(root, "twice"));
  assert.deepEqual(third.groups.offsets("kept"), []);
  for (const opened of [files, again, third]) opened.close();
});

test("configurations, more partitions, starts of logs and producer ids outlive a crash", (t) => {
  const root = temporaryDirectory(t);
  const dir = join(root, "broker");
  const files = open(dir);
  const log = createTopic(files, "topic");
  for (const value of ["a", "b", "c"]) log.append(batchOf([value]));
  const topic = files.topics.get("topic");
  assert.ok(topic);
  files.topics.addPartitions(topic, 3);
  files.topics.configure(topic, { "retention.ms": "-1", "max.message.bytes": "500" });
  files.topics.deleteRecords(topic, 0, 2);
  const ids = [files.transactions.producerIds.next(), files.transactions.producerIds.next()];
  const again = crash(dir, join(root, "crashed"));
  const found = again.topics.get("topic");
  assert.deepEqual([found?.partitions.length, found?.config["max.message.bytes"], found?.id], [3, "500", topic.id]);
  assert.equal(found?.partitions[2]?.config.maxMessageBytes, 500);
  assert.deepEqual([logOf(again, "topic").startOffset, logOf(again, "topic").endOffset], [2, 3]);
  assert.ok(!ids.includes(again.transactions.producerIds.next()));
  again.close();
  files.close();
});

test("a folder has one broker at a time", async (t) => {
  const dir = temporaryDirectory(t);
  const broker = await EmbeddedBroker.start({ dir });
  const message = new RegExp(`is in use by the embedded broker of process ${process.pid}$`);
  await assert.rejects(EmbeddedBroker.start({ dir }), { code: "INVALID_OPTION", message });
  await broker.stop();
  await (await EmbeddedBroker.start({ dir })).stop();
  assert.equal(existsSync(join(dir, "lock")), false);
});

test("a folder belongs to the process that its broker was given", async (t) => {
  const dir = temporaryDirectory(t);
  const processes = new Processes();
  const [first, second] = [processes.start(), processes.start()];
  const broker = await EmbeddedBroker.start({ dir, [runtimeKey]: { process: first } });
  const again = { dir, [runtimeKey]: { process: second } };
  const message = /is in use by the embedded broker of process 1$/;
  await assert.rejects(EmbeddedBroker.start(again), { code: "INVALID_OPTION", message });
  first.die();
  await (await EmbeddedBroker.start(again)).stop();
  await broker.stop();
});

test("of brokers that start together on a folder whose lock was left behind one gets it", async (t) => {
  const dir = temporaryDirectory(t);
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  for (let round = 0; round < 3; round++) {
    writeFileSync(join(dir, "lock"), JSON.stringify({ ...processIdentity(), token: "left", pid }));
    const starts = await Promise.allSettled(Array.from({ length: 4 }, () => EmbeddedBroker.start({ dir })));
    const started = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
    assert.equal(started.length, 1);
    const codes = starts.flatMap((start) => (start.status === "rejected" ? [start.reason.code] : []));
    assert.deepEqual(codes, ["INVALID_OPTION", "INVALID_OPTION", "INVALID_OPTION"]);
    await started[0]?.stop();
  }
});

test("a producer whose epochs are used up gets a new id", (t) => {
  const files = open(temporaryDirectory(t));
  const { transactions } = files;
  const first = transactions.init("t", 60_000, undefined);
  assert.deepEqual([first.errorCode, first.epoch], [0, 0]);
  const transaction = transactions.get("t");
  assert.ok(transaction);
  transaction.epoch = 32_766;
  const present = { producerId: first.producerId, epoch: 32_766 };
  const next = transactions.init("t", 60_000, present);
  assert.deepEqual([next.errorCode, next.epoch], [0, 0]);
  assert.notEqual(next.producerId, first.producerId);
  assert.deepEqual(transactions.init("t", 60_000, present), next);
  assert.notEqual(transactions.verify("t", producer, { topic: "topic", partition: 0 }), 0);
  files.close();
});
