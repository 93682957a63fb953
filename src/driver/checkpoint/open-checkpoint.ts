import { join } from "node:path";
import { DStreamError } from "../../errors/dstream-error.ts";
import { checkpointUnavailable } from "../../errors/unavailable.ts";
import type { FileSystem } from "../../runtime/files/file-system.ts";
import type { LockMachine } from "../../runtime/lock/folder-lock.ts";
import type { JobLog } from "../../runtime/log/job-log.ts";
import { uniqueId } from "../../runtime/machine/random.ts";
import type { HostProcess } from "../../runtime/process/this-process.ts";
import { BatchLog } from "./batch-log.ts";
import { checkProgram, type Program } from "./check-program.ts";
import { type CheckpointState, checkpointFormat, newCheckpointState, stateOf } from "./checkpoint-state.ts";
import { GenerationTaken, Journal, type JournalContent, readJournal } from "./journal.ts";
import { lastSetAside, removeJournalsBefore } from "./journal-names.ts";
import { Lock } from "./lock.ts";

export interface OpenOptions {
  readonly directory: string;
  readonly machine: LockMachine;
  /** Refuse what is there instead of going on with it. */
  readonly fresh: boolean;
  readonly program: Program;
  readonly defaultBuckets: number;
  /** A line for each node and output of the graph. */
  readonly graph: readonly string[];
  /** How long to wait for another driver's end, and what ends the waiting. Default: not at all. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Whose lock it gets. Default: this process. */
  readonly process?: HostProcess;
  /** Hears that it waits. */
  readonly log?: JobLog;
}

/** Each time a driver that was replaced must have woken up just then. */
const maxAttempts = 3;

/**
 * Opens a checkpoint folder for this driver alone: goes on with the checkpoint that is there, or begins one.
 *
 * @throws CHECKPOINT_LOCKED, CHECKPOINT_UNAVAILABLE, CHECKPOINT_CORRUPT, CHECKPOINT_TOO_NEW, what `checkProgram` throws;
 * INVALID_OPTION for `fresh` and a folder that is not empty.
 */
export async function openCheckpoint(options: OpenOptions): Promise<BatchLog> {
  const { directory, machine } = options;
  await machine.files.makeDirectory(join(directory, "state")).catch((error: unknown) => {
    throw checkpointUnavailable(`the folder ${directory} cannot be made`, error);
  });
  const { waitMs = 0, signal, process, log } = options;
  const lock = await Lock.take(directory, machine, { waitMs, signal, process, log });
  try {
    return await openLocked(lock, options);
  } catch (error) {
    const reason = await lock.explain(error);
    await lock.release();
    throw reason;
  }
}

async function openLocked(lock: Lock, options: OpenOptions): Promise<BatchLog> {
  const { directory, machine } = options;
  const { state, journal } = await begin(lock, options);
  try {
    await lock.check();
    // Those before this generation, whoever began it: a successor's has a higher one.
    await removeJournalsBefore(journal.generation, directory, machine.files);
  } catch (error) {
    await journal.close();
    throw error;
  }
  return new BatchLog(state, { directory, machine, lock, journal });
}

/** Goes on behind what is there, in the next generation. */
async function begin(
  lock: Lock,
  options: OpenOptions,
): Promise<{ readonly state: CheckpointState; readonly journal: Journal }> {
  const { directory, machine } = options;
  const { files: fs } = machine;
  for (let attempt = 1; ; attempt++) {
    const before = await readJournal(directory, fs);
    const state = (await resumed(before, options)) ?? newState(options);
    const generation = (before?.generation ?? (await lastSetAside(directory, fs))) + 1;
    try {
      const first = { type: "checkpoint", state };
      return { state, journal: await Journal.begin(directory, machine, generation, first, () => lock.check()) };
    } catch (error) {
      if (!(error instanceof GenerationTaken)) throw error;
      // By a driver that was replaced: it comes too late for the lock. Or by the one that has replaced this.
      await lock.check();
      if (attempt === maxAttempts) throw alsoBegun(directory, generation);
    }
  }
}

function alsoBegun(directory: string, generation: number): DStreamError {
  const text = `the checkpoint in ${directory} is locked: other drivers begin journals at the same time, the last one journal.${generation}`;
  return new DStreamError("CHECKPOINT_LOCKED", text, { data: { directory, generation } });
}

/** What a checkpoint folder holds; undefined when it holds none. @throws CHECKPOINT_CORRUPT, CHECKPOINT_TOO_NEW, CHECKPOINT_UNAVAILABLE */
export async function readCheckpoint(directory: string, fs: FileSystem): Promise<CheckpointState | undefined> {
  return checkpointOf(await readJournal(directory, fs), directory, fs);
}

async function checkpointOf(
  journal: JournalContent | undefined,
  directory: string,
  fs: FileSystem,
): Promise<CheckpointState | undefined> {
  if (journal !== undefined) return stateOf(journal.records, directory);
  const files = await fs.list(join(directory, "state")).catch(() => []);
  if (files.length === 0) return undefined;
  const text = `the folder ${directory} has ${files.length} state files and no journal that says what they are`;
  throw new DStreamError("CHECKPOINT_CORRUPT", text, { data: { directory } });
}

async function resumed(
  journal: JournalContent | undefined,
  { directory, machine, fresh, program, graph }: OpenOptions,
): Promise<CheckpointState | undefined> {
  const state = await checkpointOf(journal, directory, machine.files);
  if (state !== undefined && fresh) {
    const text = `fresh must be used with an empty folder, and ${directory} has a checkpoint of the job "${state.appName}"; choose another folder, or remove it`;
    throw new DStreamError("INVALID_OPTION", text, { data: { directory, option: "fresh" } });
  }
  return state && { ...state, format: checkpointFormat, graph, ...checkProgram(state, program, directory) };
}

function newState({ program, defaultBuckets, graph, machine }: OpenOptions): CheckpointState {
  const { appName, buckets = defaultBuckets, dropState, sourceNames } = program;
  return {
    ...newCheckpointState({ id: uniqueId(machine.random), appName, buckets, graph }),
    dropped: dropState,
    ...(sourceNames && { sourceNames }),
  };
}
