import { join } from "node:path";
import type { FileSystem } from "../../runtime/files/file-system.ts";
import { DirectoryFiles } from "../../state/files/directory-files.ts";
import { storedEntries } from "../../state/query/stored-state.ts";
import type { CheckpointState } from "../checkpoint/checkpoint-state.ts";
import { describedOperators } from "./queryable-operators.ts";
import { type OperatorSize, type QueryLimits, StateQueries } from "./state-queries.ts";

/** Who asks is a person, or a test, and may take their time; reading may not take for ever. */
const limits: QueryLimits = { requestMs: 600_000, pieceMs: 2 ** 31 - 1, entriesMs: 2 ** 31 - 1 };

/**
 * Answers questions about the state that a checkpoint has, as its last committed batch left it. It is read without the lock: what a job
 * that runs removes meanwhile is missing, CHECKPOINT_CORRUPT. `operators`: default those that have run, as the checkpoint describes them.
 */
export function checkpointQueries(
  { graph, manifest }: CheckpointState,
  directory: string,
  fs: FileSystem,
  operators = describedOperators(graph, manifest),
): StateQueries {
  return new StateQueries({
    operators,
    files: filesIn(directory, fs),
    manifest: () => manifest,
    hold: () => () => {},
    limits,
  });
}

/** How much state there is of each operator; where the checkpoint does not say how many entries they are counted. */
export async function checkpointSizes(
  state: CheckpointState,
  directory: string,
  fs: FileSystem,
): Promise<(OperatorSize & { readonly entries: number })[]> {
  const sizes: (OperatorSize & { readonly entries: number })[] = [];
  for (const size of await checkpointQueries(state, directory, fs).sizes()) {
    sizes.push({ ...size, entries: size.entries ?? (await countEntries(state, size.operator, directory, fs)) });
  }
  return sizes;
}

async function countEntries(
  { manifest }: CheckpointState,
  operator: string,
  directory: string,
  fs: FileSystem,
): Promise<number> {
  let entries = 0;
  for (const state of manifest.filter((candidate) => candidate.operator === operator)) {
    for await (const piece of storedEntries(state, filesIn(directory, fs))) for (const _entry of piece) entries++;
  }
  return entries;
}

function filesIn(directory: string, fs: FileSystem): DirectoryFiles {
  return new DirectoryFiles(join(directory, "state"), fs);
}
