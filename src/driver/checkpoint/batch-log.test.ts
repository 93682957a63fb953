import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openLog } from "../../../test/support/checkpoint-lives.ts";
import { FaultyFileSystem, systemError } from "../../../test/support/faulty-file-system.ts";
import { machineWith } from "../../../test/support/machine-with.ts";
import { MemoryFileSystem } from "../../../test/support/memory-file-system.ts";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { nodeFileSystem } from "../../runtime/files/file-system.ts";
import type { StateFile } from "../../state/files/state-file.ts";
import { filesOf } from "../../state/manifest.ts";
import type { BatchLog } from "./batch-log.ts";
import type { CheckpointState } from "./checkpoint-state.ts";
import { encodeRecords } from "./journal-text.ts";
import { readCheckpoint } from "./open-checkpoint.ts";

const operators = [{ operator: "sum", buckets: 8 }];

const delta = (time: number): StateFile => {
  return {
    id: `${time}-x.delta`,
    kind: time % 20 === 1 ? "snapshot" : "delta",
    operator: "sum",
    time,
    buckets: 8,
    from: 0,
    until: 8,
    length: 9,
    crc: 7,
  };
};

const transaction = { transactionalId: "job", attempt: "first" };

async function batch(log: BatchLog, time: number): Promise<void> {
  await log.planned(time, { kafka: [{ topic: "t", partition: 0, fromOffset: time - 1, untilOffset: time }] }, 0);
  await log.prepared({ time, files: [delta(time)], operators });
  await log.committed(time);
}

/** What tells one step of the checkpoint from the others. */
function summary(state: CheckpointState | undefined): string {
  if (state === undefined) return "none";
  const { committed, planned, sources, manifest } = state;
  return JSON.stringify([committed, planned?.time, sources, [...filesOf(manifest).keys()]]);
}

test("a log that is opened again is where it was closed", async () => {
  const fs = new MemoryFileSystem();
  const log = await openLog(fs, "dir");
  for (let time = 1; time <= 3; time++) await batch(log, time);
  await log.planned(4, { kafka: ["planned"] }, 0);
  const { id } = log.state;
  await log.close();
  const { state } = await openLog(fs, "dir");
  assert.deepEqual([state.id, state.numBatches, state.committed, state.planned?.time], [id, 3, 3, 4]);
  assert.deepEqual(state.planned?.sources, { kafka: ["planned"] });
  assert.deepEqual([...filesOf(state.manifest).keys()], ["1-x.delta", "2-x.delta", "3-x.delta"]);
});

test("a batch that was prepared and not committed does not count", async () => {
  const fs = new MemoryFileSystem();
  const log = await openLog(fs, "dir");
  await batch(log, 1);
  await log.planned(2, {}, 0);
  await log.prepared({ time: 2, files: [delta(2)], operators, transaction });
  const state = await readCheckpoint("dir", fs);
  assert.deepEqual([state?.committed, state?.prepared?.files.length], [1, 1]);
  assert.deepEqual([...filesOf(state?.manifest ?? []).keys()], ["1-x.delta"]);
});

test("state that is given up does not come back with a batch that turns out to be committed", async () => {
  const fs = new MemoryFileSystem();
  const log = await openLog(fs, "dir");
  await batch(log, 1);
  await log.planned(2, {}, 0);
  await log.prepared({ time: 2, files: [delta(2)], operators, transaction });
  await log.close();
  const without = await openLog(fs, "dir", ["sum"]);
  await without.committed(2);
  assert.deepEqual([without.state.committed, without.state.manifest], [2, []]);
});

test("the journal is begun anew before it grows without bound", async () => {
  const fs = new MemoryFileSystem();
  const log = await openLog(fs, "dir");
  let longest = 0;
  for (let time = 1; time <= 300; time++) {
    await log.planned(time, { source: "x".repeat(10_000) }, 0);
    await log.prepared({ time, files: [delta(time)], operators });
    await log.committed(time);
    longest = Math.max(longest, fs.bytesOf("dir/journal.1").length);
  }
  assert.ok(longest < 1.1 * 2 ** 20, `${longest} bytes`);
  assert.equal((await readCheckpoint("dir", fs))?.committed, 300);
  assert.deepEqual(fs.paths.sort(), ["dir/journal.1", "dir/lock"]);
});

/** Every state that the journal was in, and its bytes at the end. */
async function history(fs: MemoryFileSystem): Promise<{ readonly steps: Set<string>; readonly bytes: Uint8Array }> {
  const log = await openLog(fs, "dir");
  const steps = new Set<string>([summary(log.state)]);
  const step = async (): Promise<void> => void steps.add(summary(await readCheckpoint("dir", fs)));
  for (let time = 1; time <= 2; time++) {
    await log.planned(time, { kafka: [time] }, 0);
    await step();
    await log.prepared({ time, files: [delta(time)], operators, transaction });
    await step();
    await log.committed(time);
    await step();
  }
  return { steps, bytes: fs.bytesOf("dir/journal.1") };
}

async function outcome(fs: MemoryFileSystem): Promise<string> {
  try {
    return summary(await readCheckpoint("dir", fs));
  } catch (error) {
    if (error instanceof DStreamError) return error.code;
    throw error;
  }
}

test("a journal cut at any byte, or with any bit flipped, is a step that was, or is refused", async () => {
  const fs = new MemoryFileSystem();
  const { steps, bytes } = await history(fs);
  const refusals = new Set(["CHECKPOINT_CORRUPT", "CHECKPOINT_TOO_NEW"]);
  const right = (result: string): boolean => steps.has(result) || refusals.has(result);
  for (let length = 0; length < bytes.length; length++) {
    fs.put("dir/journal.1", bytes.subarray(0, length));
    const result = await outcome(fs);
    assert.ok(right(result), `cut at ${length}: ${result}`);
  }
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = Uint8Array.from(bytes);
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
    fs.put("dir/journal.1", damaged);
    const result = await outcome(fs);
    assert.ok(right(result), `bit ${bit}: ${result}`);
  }
});

test("a checkpoint whose last append has lost its first half opens at the step before it, and goes on", async () => {
  const fs = new MemoryFileSystem();
  const log = await openLog(fs, "dir");
  await batch(log, 1);
  await log.planned(2, { kafka: [2] }, 0);
  const { length } = fs.bytesOf("dir/journal.1");
  await log.prepared({ time: 2, files: [delta(2)], operators });
  await log.committed(2);
  const bytes = fs.bytesOf("dir/journal.1");
  bytes.fill(0, length, (length + bytes.length) >> 1);
  await log.close();
  const again = await openLog(fs, "dir");
  assert.deepEqual([again.state.committed, again.state.planned?.time, again.state.prepared], [1, 2, undefined]);
  await again.prepared({ time: 2, files: [delta(2)], operators });
  await again.committed(2);
  assert.equal((await readCheckpoint("dir", fs))?.committed, 2);
});

for (const [what, range] of [
  ["a fraction", { fromOffset: 0, untilOffset: 1.5 }],
  ["null, as NaN is in JSON,", { fromOffset: 0, untilOffset: null as unknown as number }],
  ["an offset below 0", { fromOffset: -1, untilOffset: 4 }],
  ["an end before the beginning", { fromOffset: 4, untilOffset: 3 }],
] as const) {
  test(`${what} is no offset: it gets into no journal, and a journal that has one is refused`, async () => {
    const saved = { kafka: { ranges: [{ topic: "t", partition: 3, ...range }], topicIds: {} } };
    const named = /t-3 from .* to .* \(kafka\).* no range of offsets/;
    const fs = new MemoryFileSystem();
    const log = await openLog(fs, "dir");
    await batch(log, 1);
    await assert.rejects(log.planned(2, saved, 0), named);
    assert.equal((await readCheckpoint("dir", fs))?.planned, undefined);
    await log.close();
    const record = { type: "planned", time: 2, sources: saved, zeroTime: 0 };
    fs.put("dir/journal.1", Buffer.concat([fs.bytesOf("dir/journal.1"), encodeRecords([record], 3)]));
    const refused = { code: "CHECKPOINT_CORRUPT", message: new RegExp(`${named.source}; restore the folder`) };
    await assert.rejects(readCheckpoint("dir", fs), refused);
    await assert.rejects(openLog(fs, "dir"), refused);
  });
}

test("a log whose lock was given up does not put its state in the place of what another driver wrote since", async () => {
  const fs = new MemoryFileSystem();
  const before = await openLog(fs, "dir");
  await batch(before, 1);
  // As by a stop while the files of the state are written anew.
  await before.close();
  const after = await openLog(fs, "dir");
  await batch(after, 2);
  await assert.rejects(before.replaceManifest(before.state.manifest), { code: "CHECKPOINT_LOCKED" });
  assert.equal(summary(await readCheckpoint("dir", fs)), summary(after.state));
});

test("a driver that sleeps while it begins its journal anew, and is replaced, takes nothing from its successor", async () => {
  const fs = new MemoryFileSystem();
  const before = await openLog(fs, "dir");
  await batch(before, 1);
  let after: BatchLog | undefined;
  const openFile = fs.open;
  fs.open = async (path, mode) => {
    if (!path.endsWith(".new")) return openFile.call(fs, path, mode);
    fs.open = openFile;
    // As another host does that has seen no beat.
    await fs.remove("dir/lock");
    after = await openLog(fs, "dir");
    await batch(after, 2);
    return fs.open(path, mode);
  };
  await before.replaceManifest(before.state.manifest);
  assert.deepEqual(summary(await readCheckpoint("dir", fs)), summary((after as BatchLog | undefined)?.state));
  await assert.rejects(batch(before, 3), { code: "CHECKPOINT_LOCKED" });
  await after?.close();
  await (await openLog(fs, "dir")).close();
  assert.deepEqual(fs.paths, ["dir/journal.3"]);
});

test("a journal without a generation in its name, as the first had, is gone on with", async () => {
  const fs = new MemoryFileSystem();
  const log = await openLog(fs, "dir");
  await batch(log, 1);
  await log.close();
  await fs.rename("dir/journal.1", "dir/journal");
  const again = await openLog(fs, "dir");
  assert.equal(again.state.committed, 1);
  await again.close();
  assert.deepEqual(fs.paths, ["dir/journal.1"]);
});

test("a journal that is a link to nothing is a folder that cannot be read, not one to look at for ever", async (t) => {
  const directory = temporaryDirectory(t);
  symlinkSync(join(directory, "nothing"), join(directory, "journal.7"));
  await assert.rejects(readCheckpoint(directory, nodeFileSystem), {
    code: "CHECKPOINT_UNAVAILABLE",
    message: /journal\.7 cannot be read: ENOENT/,
  });
});

test("state files without a journal are refused, a newer format is named", async () => {
  const fs = new MemoryFileSystem();
  fs.put("dir/state/1000-a.snapshot", new Uint8Array(3));
  await assert.rejects(openLog(fs, "dir"), { code: "CHECKPOINT_CORRUPT", message: /has 1 state files and no journal/ });
  const newer = new MemoryFileSystem();
  const log = await openLog(newer, "dir");
  const { Journal } = await import("./journal.ts");
  await Journal.begin("dir", machineWith(newer), 2, { type: "checkpoint", state: { ...log.state, format: 99 } });
  await log.close();
  await assert.rejects(openLog(newer, "dir"), {
    code: "CHECKPOINT_TOO_NEW",
    message: /has format 99; .* reads up to 2$/,
  });
});

for (const operation of ["write", "sync"] as const) {
  test(`a failed ${operation} ends the job, and nothing is appended behind it`, async (t) => {
    const directory = temporaryDirectory(t);
    let failAt = Number.POSITIVE_INFINITY;
    const fs = new FaultyFileSystem((called, count) =>
      called === operation && count === failAt ? systemError("EIO") : undefined,
    );
    const log = await openLog(fs, directory);
    await batch(log, 1);
    failAt = fs.counts[operation] + 1;
    const refused = { code: "CHECKPOINT_UNAVAILABLE", retryable: false, message: /journal\.1 cannot be written: EIO$/ };
    await assert.rejects(log.planned(2, {}, 0), refused);
    await assert.rejects(log.planned(2, {}, 0), refused);
    assert.equal(fs.counts[operation], failAt);
    await log.close();
    const again = await openLog(fs, directory);
    assert.equal(again.state.committed, 1);
    await again.close();
  });
}
