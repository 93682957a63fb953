import { join } from "node:path";
import { DStreamError } from "../../errors/dstream-error.ts";
import { shownError } from "../../errors/shown/shown-error.ts";
import type { FileSystem } from "../../runtime/files/file-system.ts";
import { DirectoryFiles } from "../../state/files/directory-files.ts";
import { bytesOf, filesOf, type OperatorState, sliceOf } from "../../state/manifest.ts";
import { MemoryStore } from "../../state/memory/memory-store.ts";
import type { CheckpointState } from "./checkpoint-state.ts";
import { readCheckpoint } from "./open-checkpoint.ts";

// What tools see of a checkpoint. They read without the lock: what a running job removes meanwhile shows as missing.

/** Keyed state of one operator. */
export interface OperatorSummary {
  readonly operator: string;
  readonly buckets: number;
  readonly files: number;
  readonly bytes: number;
  /** Keys that have state, or a window's panes. */
  readonly keys: number;
}

/** @throws INVALID_OPTION when there is none; as `readCheckpoint`. */
export async function existingCheckpoint(directory: string, fs: FileSystem): Promise<CheckpointState> {
  const state = await readCheckpoint(directory, fs);
  if (state !== undefined) return state;
  throw new DStreamError("INVALID_OPTION", `the folder ${directory} has no checkpoint`, { data: { directory } });
}

/** Reads every state file that the checkpoint names; returns what is wrong, a line for each file. */
export async function damagedFiles(state: CheckpointState, directory: string, fs: FileSystem): Promise<string[]> {
  const files = new DirectoryFiles(join(directory, "state"), fs);
  const problems: string[] = [];
  for (const file of filesOf(state.manifest).values()) {
    try {
      for await (const _section of files.read(file, file.from, file.until));
    } catch (error) {
      problems.push(shownError(error));
    }
  }
  return problems;
}

export async function operatorSummaries(
  { manifest }: CheckpointState,
  directory: string,
  fs: FileSystem,
): Promise<OperatorSummary[]> {
  const summaries: OperatorSummary[] = [];
  for (const state of manifest) {
    const files = [...filesOf([state]).values()];
    const bytes = bytesOf([state]);
    const { operator, buckets, entries } = state;
    const keys = entries ?? (await countKeys(state, directory, fs));
    summaries.push({ operator, buckets, files: files.length, bytes, keys });
  }
  return summaries;
}

/** For checkpoints that do not say how many there are. Counts a bucket at a time, so that no more than one is in memory. */
async function countKeys(state: OperatorState, directory: string, fs: FileSystem): Promise<number> {
  let keys = 0;
  for (let bucket = 0; bucket < state.buckets; bucket++) {
    const store = new MemoryStore(new DirectoryFiles(join(directory, "state"), fs));
    const opened = await store.open(sliceOf([state], state.operator, state.buckets, bucket, bucket + 1), 0);
    for await (const entries of opened.entries()) for (const _entry of entries) keys++;
  }
  return keys;
}
