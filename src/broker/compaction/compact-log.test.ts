import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { seededRandom } from "../../../test/support/seeded-random.ts";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { type BatchOptions, batchOf, type SentRecord } from "../../../test/support/wire/records-of.ts";
import { decodeBatches } from "../../kafka/record-batch/batch-reader.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { MemoryUse } from "../log/memory-use.ts";
import { type LogPlace, PartitionLog } from "../log/partition-log.ts";
import { logConfig, type TopicConfig } from "../topics/topic-config.ts";
import { compactLog, isCompactionDue } from "./compact-log.ts";

const small = { "cleanup.policy": "compact", "internal.segment.bytes": "400", "min.cleanable.dirty.ratio": "0" };
const hour = 3_600_000;
const month = 30 * 24 * hour;

function openLog(place: LogPlace, config: TopicConfig = {}): PartitionLog {
  return new PartitionLog(place, logConfig({ ...small, ...config }), thisMachine);
}

function places(t: TestContext): LogPlace[] {
  return [{ dir: temporaryDirectory(t) }, new MemoryUse(100_000_000)];
}

/** A batch of "key=value", or of "key" for a tombstone. */
function put(log: PartitionLog, records: readonly (string | SentRecord)[], options: BatchOptions = {}): number {
  const sent = records.map((record) => {
    if (typeof record !== "string") return record;
    const [key = "", value = null] = record.split("=");
    return { key, value };
  });
  const { errorCode, baseOffset } = log.append(batchOf(sent, options));
  assert.equal(errorCode, 0);
  return baseOffset;
}

/** Fills the last segment up, so that what is before is in closed ones. */
function roll(log: PartitionLog): void {
  put(log, [{ key: "filler", value: "x".repeat(300) }]);
}

interface Seen {
  readonly offset: number;
  readonly text: string;
  readonly timestamp: number;
  readonly producerId: number;
}

/** All that can be read, fetch by fetch; the fillers of `roll` are left out. */
function read(log: PartitionLog): Seen[] {
  const seen: Seen[] = [];
  for (let offset = log.startOffset; offset < log.endOffset; ) {
    const found = log.read(offset, log.endOffset, 300, true);
    assert.ok(found, `nothing at ${offset}`);
    for (const { header, columns } of decodeBatches(found.batches, 0, found.batches.length, {
      topic: "t",
      partition: 0,
    })) {
      for (let i = 0; i < columns.count; i++) {
        const at = header.baseOffset + (columns.offsetDelta[i] as number);
        const value = columns.value(i);
        const marker = (): string => (columns.key(i)?.readInt16BE(2) === 0 ? "abort" : "commit");
        const text = header.isControl ? marker() : `${columns.key(i)}${value === null ? "" : `=${value}`}`;
        const timestamp = header.baseTimestamp + (columns.timestampDelta[i] as number);
        if (!text.startsWith("filler")) seen.push({ offset: at, text, timestamp, producerId: header.producerId });
      }
    }
    offset = found.lastOffset + 1;
  }
  return seen;
}

const lines = (log: PartitionLog): string[] => read(log).map(({ offset, text }) => `${offset}:${text}`);

test("of each key the newest record stays, at its offset; the last segment stays whole", async (t) => {
  for (const place of places(t)) {
    const log = openLog(place);
    for (let i = 0; i < 40; i++) put(log, [`a=${i}`, `b${i % 4}=${i}`]);
    const active = log.segments.at(-1);
    assert.ok(active && active.baseOffset < 80);
    const before = lines(log).filter((line) => Number(line.split(":")[0]) >= active.baseOffset);
    const usedBefore = place instanceof MemoryUse ? place.usedBytes : 0;
    assert.equal(await compactLog(log, thisMachine), active.baseOffset);
    const cleaned = lines(log);
    const last = (active.baseOffset - 2) / 2;
    const expected = [last - 3, last - 2, last - 1].map((i) => `${2 * i + 1}:b${i % 4}=${i}`);
    assert.deepEqual(cleaned, [
      ...expected,
      `${2 * last}:a=${last}`,
      `${2 * last + 1}:b${last % 4}=${last}`,
      ...before,
    ]);
    assert.deepEqual([log.startOffset, log.endOffset], [0, 80]);
    if (place instanceof MemoryUse) {
      assert.ok(place.usedBytes < usedBefore, `${place.usedBytes} of ${usedBefore} bytes`);
      log.delete();
      assert.equal(place.usedBytes, 0);
      continue;
    }
    log.close();
    const again = openLog(place);
    assert.deepEqual(lines(again), cleaned);
    again.close();
    for (const name of readdirSync(place.dir)) if (!name.endsWith(".log")) rmSync(join(place.dir, name));
    const scanned = openLog(place);
    assert.deepEqual([lines(scanned), scanned.endOffset], [cleaned, 80]);
    scanned.close();
  }
});

test("every offset can be read from, also one whose record is gone", async (t) => {
  for (const place of places(t)) {
    const log = openLog(place);
    for (let i = 0; i < 30; i++) put(log, [`k${i % 3}=${i}`]);
    await compactLog(log, thisMachine);
    const all = read(log);
    for (let offset = 0; offset < 30; offset++) {
      const found = log.read(offset, log.endOffset, 1_000_000, true);
      assert.ok(found);
      const [first] = [...decodeBatches(found.batches, 0, found.batches.length, { topic: "t", partition: 0 })];
      assert.ok(first && first.header.baseOffset + first.header.lastOffsetDelta >= offset);
      assert.ok((all.find((record) => record.offset >= offset)?.offset ?? 30) >= first.header.baseOffset);
    }
    log.close();
  }
});

test("a tombstone stays for delete.retention.ms after the first compaction that saw it, then it goes", async (t) => {
  for (const place of places(t)) {
    const log = openLog(place, { "delete.retention.ms": `${hour}` });
    put(log, ["a=1", "b=1"]);
    put(log, ["a"]);
    roll(log);
    const nowMs = Date.now();
    await compactLog(log, thisMachine, { nowMs });
    assert.deepEqual(lines(log), ["1:b=1", "2:a"]);
    const [, tombstone] = read(log);
    assert.ok(Math.abs((tombstone?.timestamp ?? 0) - nowMs) < 10_000, "its time is its own");
    roll(log);
    await compactLog(log, thisMachine, { nowMs: nowMs + hour - 1 });
    assert.deepEqual(lines(log), ["1:b=1", "2:a"]);
    roll(log);
    await compactLog(log, thisMachine, { nowMs: nowMs + hour });
    assert.deepEqual(lines(log), ["1:b=1"]);
    log.close();
  }
});

test("compaction is due by the share of new bytes, or when records have waited for max.compaction.lag.ms", async (t) => {
  const nowMs = Date.now();
  const fill = (log: PartitionLog, timestamp: number): void => {
    for (let i = 0; i < 20; i++) put(log, [{ key: "k", value: `${i}`.padStart(50, "x"), timestamp }]);
  };
  const half = openLog({ dir: temporaryDirectory(t) }, { "min.cleanable.dirty.ratio": "0.5" });
  fill(half, nowMs);
  assert.equal(isCompactionDue(half, nowMs), true);
  half.cleanedBelow = (await compactLog(half, thisMachine)) as number;
  assert.equal(isCompactionDue(half, nowMs), false);
  half.close();
  const lag = { "min.cleanable.dirty.ratio": "1", "max.compaction.lag.ms": `${hour}` };
  const log = openLog({ dir: temporaryDirectory(t) }, lag);
  fill(log, nowMs);
  assert.equal(isCompactionDue(log, nowMs + hour), false);
  assert.equal(isCompactionDue(log, nowMs + hour + 1), true);
  const deleting = openLog({ dir: temporaryDirectory(t) }, { ...lag, "cleanup.policy": "delete" });
  fill(deleting, nowMs);
  assert.equal(isCompactionDue(deleting, nowMs + 2 * hour), false);
  log.close();
  deleting.close();
});

test("records younger than min.compaction.lag.ms are left alone, and all that follow them", async (t) => {
  const nowMs = Date.now();
  const log = openLog({ dir: temporaryDirectory(t) }, { "min.compaction.lag.ms": `${hour}` });
  const at = (timestamp: number): void => {
    for (let i = 0; i < 3; i++) put(log, [{ key: "k", value: "v", timestamp }]);
    put(log, [{ key: "filler", value: "x".repeat(300), timestamp }]);
  };
  at(nowMs - 2 * hour);
  at(nowMs - 10);
  at(nowMs - 2 * hour);
  roll(log);
  await compactLog(log, thisMachine, { nowMs });
  assert.deepEqual(lines(log), ["2:k=v", "4:k=v", "5:k=v", "6:k=v", "8:k=v", "9:k=v", "10:k=v"]);
  log.close();
});

test("the last segment of a compacted topic does not grow for longer than max.compaction.lag.ms", (t) => {
  const log = openLog({ dir: temporaryDirectory(t) }, { "max.compaction.lag.ms": "5" });
  put(log, ["a=1"]);
  (log.segments[0] as { createdMs: number }).createdMs -= 10;
  put(log, ["a=2"]);
  assert.equal(log.segments.length, 2);
  log.close();
});

const transactional = (producerId: number, baseSequence: number): BatchOptions => {
  return { producerId, producerEpoch: 0, baseSequence, isTransactional: true };
};

test("aborted records go, also when they are the newest; what is open holds compaction back", async (t) => {
  for (const place of places(t)) {
    const log = openLog(place);
    put(log, ["a=1", "b=1"]);
    put(log, ["a=2"], transactional(1, 0));
    log.endTransaction(1, 0, "commit");
    put(log, ["a=3"], transactional(2, 0));
    put(log, ["a=4", "b=4"], transactional(2, 1));
    log.endTransaction(2, 0, "abort");
    roll(log);
    put(log, ["a=5"], transactional(3, 0));
    const openFrom = log.lastStableOffset;
    roll(log);
    await compactLog(log, thisMachine);
    assert.deepEqual(lines(log), ["1:b=1", "2:a=2", "3:commit", "7:abort", `${openFrom}:a=5`]);
    assert.equal(log.lastStableOffset, openFrom);
    log.close();
  }
});

test("markers stay until their transaction has no batch left, and delete.retention.ms longer", async (t) => {
  for (const place of places(t)) {
    const log = openLog(place, { "delete.retention.ms": `${month}` });
    const nowMs = Date.now();
    const compactAt = async (afterMs: number): Promise<string[]> => {
      roll(log);
      await compactLog(log, thisMachine, { nowMs: nowMs + afterMs });
      return lines(log);
    };
    put(log, ["a=1"], transactional(1, 0));
    log.endTransaction(1, 0, "commit");
    put(log, ["a=2"], transactional(2, 0));
    log.endTransaction(2, 0, "abort");
    put(log, ["a=3"]);
    // The producers go on, so that nothing of these transactions is their last.
    put(log, ["x=1"], transactional(1, 1));
    log.endTransaction(1, 0, "commit");
    put(log, ["x=2"], transactional(2, 1));
    log.endTransaction(2, 0, "commit");
    const rest = ["4:a=3", "6:commit", "7:x=2", "8:commit"];
    assert.deepEqual(await compactAt(0), ["1:commit", "3:abort", ...rest]);
    assert.deepEqual(log.abortedBetween(0, 100).length, 1);
    // Now it is seen that there is none, and the time begins.
    assert.deepEqual(await compactAt(1), ["1:commit", "3:abort", ...rest]);
    assert.deepEqual(await compactAt(month), ["1:commit", "3:abort", ...rest]);
    assert.deepEqual(await compactAt(month + 1), ["4:a=3", "6:commit", "7:x=2", "8:commit"]);
    assert.deepEqual(log.abortedBetween(0, 100), []);
    log.close();
  }
});

test("a producer goes on with its sequence, though its records are compacted and the notes are lost", async (t) => {
  const dir = temporaryDirectory(t);
  const log = openLog({ dir });
  const idempotent = (baseSequence: number): BatchOptions => ({ producerId: 7, producerEpoch: 0, baseSequence });
  put(log, ["a=1"], idempotent(0));
  put(log, ["a=2", "a=3"], idempotent(1));
  put(log, ["a=4"]);
  roll(log);
  await compactLog(log, thisMachine);
  assert.deepEqual(lines(log), ["3:a=4"]);
  log.close();
  for (const name of readdirSync(dir)) if (!name.endsWith(".log")) rmSync(join(dir, name));
  const again = openLog({ dir });
  const outcome = (baseSequence: number): number[] => {
    const { errorCode, baseOffset } = again.append(batchOf([{ key: "a", value: "5" }], idempotent(baseSequence)));
    return [errorCode, baseOffset];
  };
  assert.deepEqual(outcome(5), [45, -1]);
  assert.deepEqual(outcome(3), [0, 5]);
  again.close();
});

test("what stays of a compressed batch has its times, headers and codec", async (t) => {
  for (const compression of ["none", "gzip", "snappy", "lz4", "zstd"] as const) {
    const log = openLog({ dir: temporaryDirectory(t) }, { "delete.retention.ms": "0" });
    const base = Date.now() - 10_000;
    const records = ["a", "b", "c", "a", "d"].map((key, i) => {
      return { key, value: key === "d" ? null : `${key}${i}`.repeat(20), timestamp: base + i * 7 };
    });
    put(log, records, { compression });
    roll(log);
    await compactLog(log, thisMachine);
    const expected = [1, 2, 3, 4].map((i) => [i, base + i * 7]);
    assert.deepEqual(
      read(log).map(({ offset, timestamp }) => [offset, timestamp]),
      expected,
      compression,
    );
    assert.equal(log.offsetAt(base + 8)?.offset, 2);
    assert.equal(
      (log.read(0, 1, 1_000, true)?.batches.readInt16BE(21) as number) & 7,
      ["none", "gzip", "snappy", "lz4", "zstd"].indexOf(compression),
    );
    log.close();
  }
});

test("offsets by time pass over batches that lost their records", async (t) => {
  const log = openLog({ dir: temporaryDirectory(t) });
  const old = Date.now() - hour;
  put(log, [{ key: "a", value: "1", timestamp: old }], { producerId: 3, producerEpoch: 0, baseSequence: 0 });
  put(log, [{ key: "a", value: "2", timestamp: old + 5 }]);
  roll(log);
  await compactLog(log, thisMachine);
  assert.deepEqual([log.offsetAt(old)?.offset, log.offsetAt(old)?.timestamp], [1, old + 5]);
  log.close();
});

test("more keys than there is memory for are compacted in several goes", async (t) => {
  const log = openLog({ dir: temporaryDirectory(t) });
  for (let i = 0; i < 60; i++) put(log, [`k${i % 30}=${i}`]);
  roll(log);
  let goes = 0;
  while (isCompactionDue(log, Date.now())) {
    log.cleanedBelow = (await compactLog(log, thisMachine, { maxKeys: 10 })) as number;
    assert.ok(++goes < 100);
  }
  assert.ok(goes > 3, `${goes} goes`);
  const expected = Array.from({ length: 30 }, (_, i) => `${30 + i}:k${i}=${30 + i}`);
  assert.deepEqual(lines(log), expected);
  log.close();
});

test("whatever a crash leaves of a compaction, a restart finds the log as it was or as it is compacted", async (t) => {
  const root = temporaryDirectory(t);
  const [before, after, crashed] = ["before", "after", "crashed"].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  const log = openLog({ dir: before });
  for (let i = 0; i < 40; i++) put(log, [`k${i % 12}=${i}`]);
  log.close();
  cpSync(before, after, { recursive: true });
  // With larger segments all that are closed become one.
  const compacted = openLog({ dir: after }, { "internal.segment.bytes": "100000" });
  const uncompacted = lines(compacted);
  const { segments } = compacted;
  const replaced = segments.slice(0, -1).map(({ baseOffset }) => String(baseOffset).padStart(20, "0"));
  const until = segments.at(-1)?.baseOffset;
  await compactLog(compacted, thisMachine);
  const cleaned = lines(compacted);
  compacted.close();
  assert.ok(cleaned.length < uncompacted.length);
  const [first = ""] = replaced;
  const result = join(after, `${first}.log`);
  /** Each is done on top of those before it. */
  const steps: readonly [string, () => void, string[]][] = [
    ["half written aside", () => cpSync(join(before, `${first}.log`), join(crashed, `${first}.aside`)), uncompacted],
    ["written aside", () => cpSync(result, join(crashed, `${first}.aside`)), uncompacted],
    ["decided", () => renameSync(join(crashed, `${first}.aside`), join(crashed, `${first}.until-${until}`)), cleaned],
    ...replaced.flatMap((name) =>
      ["index", "state"].map((kind): [string, () => void, string[]] => [
        `${name}.${kind} gone`,
        () => rmSync(join(crashed, `${name}.${kind}`)),
        cleaned,
      ]),
    ),
    ...replaced
      .slice(1)
      .map((name): [string, () => void, string[]] => [
        `${name}.log gone`,
        () => rmSync(join(crashed, `${name}.log`)),
        cleaned,
      ]),
    ["in place", () => renameSync(join(crashed, `${first}.until-${until}`), join(crashed, `${first}.log`)), cleaned],
  ];
  mkdirSync(crashed);
  cpSync(before, crashed, { recursive: true });
  for (const [what, step, expected] of steps) {
    step();
    const copy = join(root, "copy");
    rmSync(copy, { recursive: true, force: true });
    cpSync(crashed, copy, { recursive: true });
    const again = openLog({ dir: copy });
    assert.deepEqual([lines(again), again.endOffset], [expected, 40], what);
    assert.equal(put(again, ["new=1"]), 40);
    again.close();
    const leftOver = readdirSync(copy).filter((name) => !/\.(log|index|state)$/.test(name));
    assert.deepEqual(leftOver, [], what);
  }
});

test("what happens to the log meanwhile counts: appends, deletions, its end, another policy", async (t) => {
  const interfere: Record<string, (log: PartitionLog) => void> = {
    appends: (log) => put(log, ["k1=new"]),
    "deletion of records": (log) => log.deleteBelow(17),
    "deletion of the topic": (log) => log.delete(),
    "a stop": (log) => log.close(),
    "another policy": (log) => {
      log.config = { ...log.config, isCompacted: false };
    },
  };
  for (const [what, action] of Object.entries(interfere)) {
    for (const place of places(t)) {
      const log = openLog(place);
      for (let i = 0; i < 40; i++) put(log, [`k${i % 3}=${i}`]);
      const before = lines(log);
      let hasActed = false;
      const aside = log.createAside.bind(log);
      // While the first segment is made.
      log.createAside = (...args) => {
        if (!hasActed) queueMicrotask(() => action(log));
        hasActed = true;
        return aside(...args);
      };
      const cleaned = await compactLog(log, thisMachine);
      assert.equal(cleaned === undefined, what !== "appends", what);
      if (what === "appends") {
        assert.equal(lines(log).at(-1), "40:k1=new");
        assert.ok(lines(log).length < before.length);
      } else if (what === "deletion of records") assert.ok(before.join().includes(lines(log).join()));
      if (what !== "deletion of the topic" && what !== "a stop") log.close();
      if (place instanceof MemoryUse && what === "deletion of the topic") assert.equal(place.usedBytes, 0);
    }
  }
});

test("other work goes on while a large log is compacted, and a signal ends it", async (t) => {
  const log = openLog({ dir: temporaryDirectory(t) }, { "internal.segment.bytes": "1000000" });
  for (let i = 0; i < 40; i++)
    put(
      log,
      Array.from({ length: 1_000 }, (_, n) => `k${(i * 7_000 + n) % 20_000}=${"v".repeat(90)}`),
    );
  let turns = 0;
  let isDone = false;
  const compacted = compactLog(log, thisMachine).finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await nextTurn();
    turns++;
  }
  assert.ok((await compacted) !== undefined);
  // Each slice is one batch at least, and some milliseconds at most.
  assert.ok(turns > 5, `${turns} turns`);
  await assert.rejects(compactLog(log, thisMachine, { signal: AbortSignal.abort(new Error("stop")) }), /^Error: stop$/);
  log.close();
});

test("whatever is written, readers of committed records see the same newest values as before", async (t) => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = seededRandom(seed);
    // Files are slow: a few go there, and restart now and then.
    const place = seed <= 2 ? { dir: temporaryDirectory(t) } : new MemoryUse(100_000_000);
    let log = openLog(place, { "delete.retention.ms": "0" });
    const sequences = new Map<number, number>();
    /** What stands last for each key, by its offset. */
    const newest = new Map<string, string>();
    const records = (): string[] =>
      Array.from({ length: 1 + random(3) }, () => `k${random(6)}${random(5) === 0 ? "" : `=${random(1_000)}`}`);
    const note = (base: number, sent: readonly string[]): void => {
      for (const [i, record] of sent.entries()) newest.set(record.split("=")[0] as string, `${base + i}:${record}`);
    };
    for (let step = 0; step < 60; step++) {
      const sent = records();
      const compression = (["none", "gzip", "lz4"] as const)[random(3)] as "none";
      const kind = random(8);
      if (kind < 3) note(put(log, sent, { compression }), sent);
      else if (kind < 6) {
        const producerId = 1 + random(3);
        const baseSequence = sequences.get(producerId) ?? 0;
        const base = put(log, sent, { ...transactional(producerId, baseSequence), compression });
        sequences.set(producerId, baseSequence + sent.length);
        const isCommit = random(2) === 0;
        log.endTransaction(producerId, 0, isCommit ? "commit" : "abort");
        if (isCommit) note(base, sent);
      } else if (kind === 6) {
        const cleaned = await compactLog(log, thisMachine);
        if (cleaned !== undefined) log.cleanedBelow = cleaned;
      } else if ("dir" in place) {
        log.close();
        if (random(2) === 0)
          for (const name of readdirSync(place.dir)) if (!name.endsWith(".log")) rmSync(join(place.dir, name));
        const { cleanedBelow } = log;
        log = openLog(place, { "delete.retention.ms": "0" });
        log.cleanedBelow = cleanedBelow;
      }
    }
    roll(log);
    const cleaned = (await compactLog(log, thisMachine)) as number;
    const aborted = (seen: Seen): boolean =>
      log.abortedBetween(seen.offset, seen.offset).some((range) => range.producerId === seen.producerId);
    const committed = read(log).filter((seen) => seen.text.startsWith("k") && !aborted(seen));
    const view = new Map(committed.map(({ offset, text }) => [text.split("=")[0] as string, `${offset}:${text}`]));
    const values = (of: Map<string, string>): string[] => [...of.values()].filter((line) => line.includes("=")).sort();
    assert.deepEqual(values(view), values(newest), `seed ${seed}`);
    const keys = committed.filter(({ offset }) => offset < cleaned).map(({ text }) => text.split("=")[0]);
    assert.equal(new Set(keys).size, keys.length, `seed ${seed}: a key is there twice`);
    log.close();
  }
});
