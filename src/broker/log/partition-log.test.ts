import assert from "node:assert/strict";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { type BatchOptions, batchOf, linesOf } from "../../../test/support/wire/records-of.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { logConfig, type TopicConfig } from "../topics/topic-config.ts";
import { MemoryUse } from "./memory-use.ts";
import { PartitionLog } from "./partition-log.ts";
import { applySizeRetention, applyTimeRetention, enforceMemoryBound } from "./retention.ts";

const small = { "internal.segment.bytes": "400" };

function openLog(dir: string, config: TopicConfig = small): PartitionLog {
  return new PartitionLog({ dir }, logConfig(config), thisMachine);
}

function append(log: PartitionLog, value: string, options: BatchOptions = {}, timestamp = Date.now()): number {
  const { errorCode, baseOffset } = log.append(batchOf([{ value, timestamp }], options));
  assert.equal(errorCode, 0);
  return baseOffset;
}

/** All that can be read, fetch by fetch. */
function contents(log: PartitionLog): string[] {
  const lines: string[] = [];
  for (let offset = log.startOffset; offset < log.endOffset; ) {
    const read = log.read(offset, log.endOffset, 1_000_000, true);
    assert.ok(read, `nothing at ${offset}`);
    lines.push(...linesOf(read.batches));
    offset = read.lastOffset + 1;
  }
  return lines;
}

const numbered = (from: number, until: number): string[] =>
  Array.from({ length: until - from }, (_, i) => `${from + i}:${from + i}`);

/** What a crash leaves: the files as they are now, while the log goes on. */
function copyOf(dir: string, to: string): string {
  rmSync(to, { recursive: true, force: true });
  cpSync(dir, to, { recursive: true });
  return to;
}

test("a log goes on in the next segment and is read across them, in files and in memory alike", (t) => {
  for (const place of [{ dir: temporaryDirectory(t) }, new MemoryUse(1_000_000)]) {
    const log = new PartitionLog(place, logConfig(small), thisMachine);
    for (let i = 0; i < 50; i++) assert.equal(append(log, String(i)), i);
    assert.ok(log.segments.length > 5, `${log.segments.length} segments`);
    assert.deepEqual(contents(log), numbered(0, 50));
    for (const offset of [0, 7, 23, 49]) {
      const read = log.read(offset, log.endOffset, 1, true);
      assert.deepEqual(linesOf(read?.batches ?? Buffer.alloc(0)), [`${offset}:${offset}`]);
      assert.equal(log.read(offset, log.endOffset, 1, false), undefined);
    }
    assert.equal(log.read(50, 50, 1_000, true), undefined);
    assert.equal(log.available(0, 50, 1_000_000), log.bytes);
    log.close();
  }
});

test("after an orderly stop a log is found again without reading its batches", (t) => {
  const dir = temporaryDirectory(t);
  const log = openLog(dir);
  for (let i = 0; i < 20; i++) append(log, String(i), { producerId: 7, producerEpoch: 0, baseSequence: i });
  log.close();
  // Damage that a reader of the batches would notice.
  const segments = readdirSync(dir).filter((name) => name.endsWith(".log"));
  for (const name of segments.slice(0, -1)) {
    const bytes = readFileSync(join(dir, name));
    bytes[70] = (bytes[70] as number) ^ 1;
    writeFileSync(join(dir, name), bytes);
  }
  const again = openLog(dir);
  assert.deepEqual([again.startOffset, again.endOffset], [0, 20]);
  const duplicate = again.append(batchOf(["19"], { producerId: 7, producerEpoch: 0, baseSequence: 19 }));
  assert.deepEqual([duplicate.errorCode, duplicate.baseOffset], [0, 19]);
  again.close();
});

test("whatever part of the last batch a crash took, the batches before it are there", (t) => {
  const root = temporaryDirectory(t);
  const dir = join(root, "log");
  const log = openLog(dir, {});
  for (let i = 0; i < 5; i++) append(log, String(i), { producerId: 7, producerEpoch: 0, baseSequence: i });
  const path = join(dir, "00000000000000000000.log");
  const before = statSync(path).size;
  append(log, "5", { producerId: 7, producerEpoch: 0, baseSequence: 5 });
  const after = statSync(path).size;
  for (let length = before; length <= after; length++) {
    const crashed = copyOf(dir, join(root, "crashed"));
    truncateSync(join(crashed, "00000000000000000000.log"), length);
    const again = openLog(crashed, {});
    const end = length === after ? 6 : 5;
    assert.deepEqual(contents(again), numbered(0, end), `${length} bytes`);
    if (length % 8 > 0) continue;
    // The producer sends what was lost again, and nothing twice.
    append(again, "5", { producerId: 7, producerEpoch: 0, baseSequence: 5 });
    assert.deepEqual(contents(again), numbered(0, 6), `${length} bytes`);
    again.close();
  }
  log.close();
});

test("a batch that is damaged in a segment without notes ends the log there, also when segments follow", (t) => {
  const root = temporaryDirectory(t);
  const dir = join(root, "log");
  const log = openLog(dir);
  for (let i = 0; i < 30; i++) append(log, String(i));
  const [, second] = log.segments;
  assert.ok(second);
  const crashed = copyOf(dir, join(root, "crashed"));
  for (const name of readdirSync(crashed)) if (!name.endsWith(".log")) rmSync(join(crashed, name));
  const path = join(crashed, `${String(second.baseOffset).padStart(20, "0")}.log`);
  const bytes = readFileSync(path);
  const position = second.index.position(1) + 65;
  bytes[position] = (bytes[position] as number) ^ 1;
  writeFileSync(path, bytes);
  const again = openLog(crashed);
  assert.deepEqual(contents(again), numbered(0, second.baseOffset + 1));
  append(again, String(second.baseOffset + 1));
  assert.deepEqual(contents(again), numbered(0, second.baseOffset + 2));
  again.close();
  log.close();
});

test("notes of a segment that are missing, damaged or of another segment are made again", (t) => {
  const root = temporaryDirectory(t);
  const dir = join(root, "log");
  const log = openLog(dir);
  for (let i = 0; i < 30; i++) append(log, String(i));
  log.close();
  const notes = readdirSync(dir).filter((name) => !name.endsWith(".log"));
  const damages: Record<string, (path: string) => void> = {
    missing: (path) => rmSync(path),
    empty: (path) => writeFileSync(path, ""),
    "cut off": (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
    damaged: (path) => {
      const bytes = readFileSync(path);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
      writeFileSync(path, bytes);
    },
    "of another segment": (path) =>
      copyFileSync(join(dir, path.endsWith("x") ? (notes[0] as string) : (notes[1] as string)), path),
  };
  for (const [what, damage] of Object.entries(damages)) {
    for (const note of notes) {
      const crashed = copyOf(dir, join(root, "crashed"));
      damage(join(crashed, note));
      const again = openLog(crashed);
      assert.deepEqual(contents(again), numbered(0, 30), `${note} ${what}`);
      again.close();
    }
  }
});

test("open and aborted transactions are known after a crash and after a stop", (t) => {
  const root = temporaryDirectory(t);
  const dir = join(root, "log");
  const log = openLog(dir);
  const transactional = { producerEpoch: 0, isTransactional: true };
  append(log, "0", { ...transactional, producerId: 1, baseSequence: 0 });
  append(log, "1", { ...transactional, producerId: 2, baseSequence: 0 });
  log.endTransaction(1, 0, "abort");
  for (let i = 3; i < 20; i++) append(log, String(i));
  const crashed = openLog(copyOf(dir, join(root, "crashed")));
  log.close();
  for (const again of [crashed, openLog(dir)]) {
    assert.equal(again.lastStableOffset, 1);
    assert.deepEqual(again.abortedBetween(0, 20), [{ producerId: 1, firstOffset: 0, lastOffset: 2 }]);
    assert.deepEqual(again.producers.openProducers, [2]);
    again.endTransaction(2, 0, "commit");
    assert.equal(again.lastStableOffset, 21);
    again.close();
  }
});

test("retention by size keeps at least that much, and deletes whole segments with their files", (t) => {
  const dir = temporaryDirectory(t);
  const log = openLog(dir, { ...small, "retention.bytes": "1000" });
  for (let i = 0; i < 50; i++) append(log, String(i));
  applySizeRetention(log);
  assert.ok(log.bytes >= 1_000 && log.bytes < 1_500, `${log.bytes} bytes`);
  assert.ok(log.startOffset > 20, `starts at ${log.startOffset}`);
  assert.deepEqual(contents(log), numbered(log.startOffset, 50));
  const files = readdirSync(dir).filter((name) => name.endsWith(".log"));
  assert.equal(files.length, log.segments.length);
  const { startOffset } = log;
  log.close();
  const again = openLog(dir);
  assert.equal(again.startOffset, startOffset);
  again.close();
});

test("retention by time deletes what is too old, the last segment too; the offsets go on", (t) => {
  const dir = temporaryDirectory(t);
  const config = { ...small, "retention.ms": "1000" };
  const log = openLog(dir, config);
  const nowMs = Date.now();
  for (let i = 0; i < 20; i++) append(log, String(i), {}, nowMs - 5_000);
  applyTimeRetention(log, nowMs - 4_500);
  assert.equal(log.startOffset, 0);
  applyTimeRetention(log, nowMs);
  assert.deepEqual([log.startOffset, log.endOffset, log.bytes], [20, 20, 0]);
  log.close();
  const again = openLog(dir, config);
  assert.equal(append(again, "20"), 20);
  applyTimeRetention(again, nowMs);
  assert.deepEqual(contents(again), ["20:20"]);
  again.close();
});

test("a topic that is only compacted keeps everything", (t) => {
  const log = openLog(temporaryDirectory(t), { ...small, "cleanup.policy": "compact", "retention.bytes": "0" });
  for (let i = 0; i < 20; i++) log.append(batchOf([{ key: "k", value: String(i), timestamp: 5 }]));
  applyTimeRetention(log, Date.now());
  applySizeRetention(log);
  assert.equal(contents(log).length, 20);
  log.close();
});

test("a topic's segment.ms begins a new segment, flush.messages syncs", (t) => {
  const log = openLog(temporaryDirectory(t), { "segment.ms": "1", "flush.messages": "1" });
  append(log, "0");
  (log.segments[0] as { createdMs: number }).createdMs -= 10;
  append(log, "1");
  assert.equal(log.segments.length, 2);
  log.close();
});

test("records that were deleted are gone; when all were, offsets go on although a crash took the rest", (t) => {
  const dir = temporaryDirectory(t);
  const log = openLog(dir);
  for (let i = 0; i < 30; i++) append(log, String(i));
  log.deleteBelow(17);
  assert.equal(log.startOffset, 17);
  assert.equal(log.endOffset, 30);
  assert.ok((log.segments[0]?.baseOffset ?? 0) > 5);
  log.close();
  const again = openLog(dir);
  again.deleteBelow(40);
  assert.deepEqual([again.startOffset, again.endOffset, append(again, "40")], [40, 40, 40]);
  again.close();
});

test("logs in memory stay within their bound: the oldest segments go, whosever they are", () => {
  const memory = new MemoryUse(1_000_000);
  const logs = Array.from({ length: 3 }, () => new PartitionLog(memory, logConfig({}), thisMachine));
  const [old, busy, quiet] = logs as [PartitionLog, PartitionLog, PartitionLog];
  append(quiet, "kept");
  const value = "x".repeat(10_000);
  let most = 0;
  const write = (log: PartitionLog, count: number): void => {
    for (let i = 0; i < count; i++) {
      append(log, value);
      enforceMemoryBound(memory, logs, log);
      most = Math.max(most, memory.usedBytes);
    }
  };
  write(old, 60);
  assert.equal(old.startOffset, 0);
  write(busy, 200);
  assert.ok(most <= 1_000_000, `${most} bytes`);
  assert.ok(busy.startOffset > 0 && busy.bytes > 500_000, `${busy.bytes} bytes`);
  assert.deepEqual(contents(quiet), ["0:kept"]);
  assert.equal(old.segments.length, 1);
  for (const log of logs) log.delete();
  assert.equal(memory.usedBytes, 0);
});

test("a batch as large as the bound can be read once", () => {
  const memory = new MemoryUse(100_000);
  const logs = Array.from({ length: 2 }, () => new PartitionLog(memory, logConfig({}), thisMachine));
  const [first, second] = logs as [PartitionLog, PartitionLog];
  append(first, "x".repeat(90_000));
  enforceMemoryBound(memory, logs, first);
  append(second, "y".repeat(200_000));
  enforceMemoryBound(memory, logs, second);
  assert.deepEqual([first.startOffset, second.startOffset, second.endOffset], [1, 0, 1]);
  append(second, "z".repeat(200_000));
  enforceMemoryBound(memory, logs, second);
  assert.deepEqual([second.startOffset, second.endOffset], [1, 2]);
});

test("indexes and spare room count as memory", () => {
  const memory = new MemoryUse(100_000_000);
  const log = new PartitionLog(memory, logConfig({}), thisMachine);
  for (let i = 0; i < 1_000; i++) append(log, "");
  const indexBytes = 1_000 * 16;
  assert.ok(memory.usedBytes > log.bytes + indexBytes, `${memory.usedBytes} for ${log.bytes} bytes`);
  assert.ok(memory.usedBytes < 3 * (log.bytes + indexBytes), `${memory.usedBytes} for ${log.bytes} bytes`);
});

test("a segment that cannot be written leaves the log as it was", (t) => {
  const root = temporaryDirectory(t);
  const dir = join(root, "log");
  const log = openLog(dir);
  append(log, "0");
  // The next segment's file cannot be made where a folder stands.
  for (let next = 1; next < 10; next++) mkdirSync(join(dir, `${String(next).padStart(20, "0")}.log`));
  assert.throws(() => {
    for (let i = 1; i < 10; i++) append(log, String(i));
  }, /EISDIR/);
  const end = log.endOffset;
  assert.deepEqual(contents(log), numbered(0, end));
  rmSync(join(dir, `${String(end).padStart(20, "0")}.log`), { recursive: true });
  assert.equal(append(log, String(end)), end);
  assert.deepEqual(contents(log), numbered(0, end + 1));
});
