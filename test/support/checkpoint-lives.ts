import assert from "node:assert/strict";
import type { BatchLog } from "../../src/driver/checkpoint/batch-log.ts";
import { openCheckpoint, readCheckpoint } from "../../src/driver/checkpoint/open-checkpoint.ts";
import { StateGarbage } from "../../src/driver/state/state-garbage.ts";
import { DStreamError } from "../../src/errors/dstream-error.ts";
import type { FileSystem } from "../../src/runtime/files/file-system.ts";
import { jobRuntime } from "../../src/runtime/job-runtime.ts";
import type { StateFile } from "../../src/state/files/state-file.ts";
import { filesOf } from "../../src/state/manifest.ts";
import { machineWith } from "./machine-with.ts";
import { MemoryFileSystem } from "./memory-file-system.ts";

// What drivers do to a checkpoint's folder, without the jobs: batches that read an offset each and replace a file of state.

export const directory = "dir";
const operators = [{ operator: "sum", buckets: 8 }];

export function openLog(fs: FileSystem, folder = directory, dropState: readonly string[] = []): Promise<BatchLog> {
  const program = { appName: "job", buckets: 8, operators: () => operators, dropState };
  return openCheckpoint({
    directory: folder,
    machine: machineWith(fs),
    fresh: false,
    program,
    defaultBuckets: 64,
    graph: ["source"],
  });
}

/** Checkpoints that begin anew have other files: their batches are later. Here the checkpoint's name says so. */
const snapshot = (checkpoint: string, time: number): StateFile => {
  const id = `${time}-${checkpoint}.snapshot`;
  return { id, kind: "snapshot", operator: "sum", time, buckets: 8, from: 0, until: 8, length: 9, crc: 7 };
};

async function runBatch(fs: FileSystem, log: BatchLog, garbage: StateGarbage, time: number): Promise<void> {
  const range = { topic: "t", partition: 0, fromOffset: time - 1, untilOffset: time };
  await log.planned(time, { kafka: { ranges: [range], topicIds: {} } }, 0);
  const before = log.state.manifest;
  const file = snapshot(log.state.id, time);
  // Attempts that write the same meet.
  await (await fs.open(`${directory}/state/${file.id}`, "create").catch(() => undefined))?.close();
  await log.prepared({ time, files: [file], operators });
  await log.committed(time);
  await garbage.committed(time, before, log.state.manifest);
}

export async function runBatches(fs: FileSystem, log: BatchLog, count: number): Promise<void> {
  const garbage = new StateGarbage(`${directory}/state`, jobRuntime({ files: fs }), () => log.check());
  const next = (log.state.committed ?? 0) + 1;
  for (let time = next; time < next + count; time++) await runBatch(fs, log, garbage, time);
}

/** Opens the checkpoint and runs batches. */
export async function live(fs: FileSystem, count: number): Promise<BatchLog> {
  const log = await openLog(fs);
  await runBatches(fs, log, count);
  return log;
}

/** A checkpoint of three batches, with what drivers leave that are killed. */
export async function begunCheckpoint(): Promise<MemoryFileSystem> {
  const fs = new MemoryFileSystem();
  await (await live(fs, 3)).close();
  for (const left of ["state/2-failed.snapshot", "state/3-y.new", "journal.1.z.new", "lock.z.new"]) {
    fs.put(`${directory}/${left}`, new Uint8Array());
  }
  return fs;
}

/** "went on", or the code of the error that ended it. */
export async function codeOf(running: Promise<unknown>): Promise<string> {
  try {
    await running;
    return "went on";
  } catch (error) {
    if (error instanceof DStreamError) return error.code;
    throw error;
  }
}

/** The last batch that counts. Fails when a batch before it does not, or a file is gone that its state needs. */
export async function committedIn(fs: MemoryFileSystem, where: string): Promise<number> {
  const state = await readCheckpoint(directory, fs);
  const { committed = 0, numBatches, sources, manifest = [] } = state ?? {};
  assert.equal(numBatches, committed, where);
  const range = { topic: "t", partition: 0, fromOffset: committed - 1, untilOffset: committed };
  assert.deepEqual(sources, { kafka: { ranges: [range], topicIds: {} } }, where);
  for (const id of filesOf(manifest).keys())
    assert.ok(fs.paths.includes(`${directory}/state/${id}`), `${where}: ${id} is gone`);
  return committed;
}
