import { join } from "node:path";
import type { Machine } from "../../runtime/machine/machine.ts";
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
  machine: Machine,
  operators = describedOperators(graph, manifest),
): StateQueries {
  return new StateQueries({
    operators,
    files: filesIn(directory, machine),
    manifest: () => manifest,
    hold: () => () => {},
    limits,
    timers: machine.timers,
  });
}

/** How much state there is of each operator; where the checkpoint does not say how many entries they are counted. */
export async function checkpointSizes(
  state: CheckpointState,
  directory: string,
  machine: Machine,
): Promise<(OperatorSize & { readonly entries: number })[]> {
  const sizes: (OperatorSize & { readonly entries: number })[] = [];
  for (const size of await checkpointQueries(state, directory, machine).sizes()) {
    sizes.push({ ...size, entries: size.entries ?? (await countEntries(state, size.operator, directory, machine)) });
  }
  return sizes;
}

async function countEntries(
  { manifest }: CheckpointState,
  operator: string,
  directory: string,
  machine: Machine,
): Promise<number> {
  let entries = 0;
  for (const state of manifest.filter((candidate) => candidate.operator === operator)) {
    for await (const piece of storedEntries(state, filesIn(directory, machine))) for (const _entry of piece) entries++;
  }
  return entries;
}

function filesIn(directory: string, machine: Machine): DirectoryFiles {
  return new DirectoryFiles(join(directory, "state"), machine);
}
