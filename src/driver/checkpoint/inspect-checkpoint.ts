import { join } from "node:path";
import { DStreamError } from "../../errors/dstream-error.ts";
import { shownError } from "../../errors/shown/shown-error.ts";
import type { FileSystem } from "../../runtime/files/file-system.ts";
import { DirectoryFiles, type FilesMachine } from "../../state/files/directory-files.ts";
import { filesOf } from "../../state/manifest.ts";
import type { CheckpointState } from "./checkpoint-state.ts";
import { readCheckpoint } from "./open-checkpoint.ts";

// What tools see of a checkpoint. They read without the lock: what a running job removes meanwhile shows as missing.

/** @throws INVALID_OPTION when there is none; as `readCheckpoint`. */
export async function existingCheckpoint(directory: string, fs: FileSystem): Promise<CheckpointState> {
  const state = await readCheckpoint(directory, fs);
  if (state !== undefined) return state;
  const text = `the folder ${directory} has no checkpoint; give the one that the job has as checkpointDir, or as dstream run --checkpoint`;
  throw new DStreamError("INVALID_OPTION", text, { data: { directory } });
}

/** Reads every state file that the checkpoint names; returns what is wrong, a line for each file. */
export async function damagedFiles(
  state: CheckpointState,
  directory: string,
  machine: FilesMachine,
): Promise<string[]> {
  const files = new DirectoryFiles(join(directory, "state"), machine);
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
