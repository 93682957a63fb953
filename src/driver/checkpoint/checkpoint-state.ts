import { DStreamError } from "../../errors/dstream-error.ts";
import { unusableRange } from "../../sources/kafka/planning/saved-ranges.ts";
import type { LeftPosition, SavedInputs } from "../../sources/source-driver.ts";
import type { StateFile } from "../../state/files/state-file.ts";
import { acceptFiles, emptyManifest, type Manifest, type StatefulOperator } from "../../state/manifest.ts";
import { restoreAdvice } from "./journal-text.ts";

// A checkpoint is what its journal's records add up to: the first has everything so far, each further one is a step of a batch.

/** 2: files of state may be sorted, and may take the place of others than all before them. */
export const checkpointFormat = 2;

export interface CheckpointState {
  readonly format: number;
  /** Made up when the checkpoint began. */
  readonly id: string;
  readonly appName: string;
  /** Buckets of keyed state. */
  readonly buckets: number;
  /** What the program looked like when it was last started: a line for each node and output. */
  readonly graph: readonly string[];
  /** Where the job began, one interval before its first batch: slides are counted from there. Undefined before that batch. */
  readonly zeroTime?: number;
  /** Batches committed. */
  readonly numBatches: number;
  /** Time of the last one. */
  readonly committed: number | undefined;
  /** Where each source stands behind it. */
  readonly sources: SavedInputs;
  readonly manifest: Manifest;
  /** Operators whose state the last start was told to give up. Checkpoints of earlier versions do not know it. */
  readonly dropped?: readonly string[];
  /** The last transaction that a batch was committed with; its marker must be found. */
  readonly transaction?: BatchTransaction & { readonly time: number };
  /** Names of the sources that the program had at its last start. Checkpoints of earlier versions do not know it. */
  readonly sourceNames?: readonly string[];
  /** Positions that no stream of the program goes on with. */
  readonly left?: readonly LeftPosition[];
  /** A batch that was begun and is not committed. */
  readonly planned: BegunBatch | undefined;
  /** What its accepted attempts wrote, once they had. */
  readonly prepared: PreparedBatch | undefined;
}

/** A batch as it was planned. */
export interface BegunBatch {
  readonly time: number;
  readonly sources: SavedInputs;
  /** What decided its partitions, so that it has them again. Checkpoints of earlier versions do not know it. */
  readonly partitions?: SavedPartitions;
}

/** What decides how many partitions a batch has where the program does not say it. */
export interface SavedPartitions {
  readonly defaultParallelism?: number | undefined;
  /** Tasks that the cluster ran at once. */
  readonly slots: number;
  /** Of each source when the job was started, by its name. */
  readonly sources: Readonly<Record<string, number>>;
}

/** A transaction that decides whether a batch counts. */
export interface BatchTransaction {
  readonly transactionalId: string;
  /** Made up for this attempt at the batch; its marker has it. */
  readonly attempt: string;
}

/** What the accepted attempts at a batch wrote. */
export interface PreparedBatch {
  readonly time: number;
  readonly files: readonly StateFile[];
  /** Operators that have run, so that their initial state is not given again. */
  readonly operators: readonly StatefulOperator[];
  readonly transaction?: BatchTransaction | undefined;
}

export type StepRecord =
  | ({ readonly type: "planned"; readonly zeroTime: number } & BegunBatch)
  | ({ readonly type: "prepared" } & PreparedBatch)
  | { readonly type: "committed"; readonly time: number };

export type CheckpointRecord = { readonly type: "checkpoint"; readonly state: CheckpointState } | StepRecord;

export function newCheckpointState(
  identity: Pick<CheckpointState, "id" | "appName" | "buckets" | "graph">,
): CheckpointState {
  return {
    ...identity,
    format: checkpointFormat,
    numBatches: 0,
    committed: undefined,
    sources: {},
    manifest: emptyManifest,
    planned: undefined,
    prepared: undefined,
  };
}

/** The state behind a step. */
export function afterStep(state: CheckpointState, record: StepRecord): CheckpointState {
  if (record.type === "planned") {
    const { type: _, zeroTime, ...planned } = record;
    return { ...state, zeroTime, planned, prepared: undefined };
  }
  if (record.type === "prepared") return { ...state, prepared: record };
  const { planned, prepared } = state;
  if (planned?.time !== record.time || prepared?.time !== record.time) {
    throw new Error(`batch ${record.time} is committed without having been prepared`);
  }
  return {
    ...state,
    numBatches: state.numBatches + 1,
    committed: record.time,
    sources: sourcesOf(state, planned.sources),
    manifest: acceptFiles(state.manifest, prepared.files, prepared.operators),
    ...(prepared.transaction && { transaction: { ...prepared.transaction, time: record.time } }),
    planned: undefined,
    prepared: undefined,
  };
}

/** Sources that have other names now left theirs behind; what is known of others is in the positions that are left. */
function sourcesOf({ sources, sourceNames }: CheckpointState, committed: SavedInputs): SavedInputs {
  const all = Object.entries({ ...sources, ...committed });
  return Object.fromEntries(all.filter(([name]) => sourceNames?.includes(name) ?? true));
}

/** The state that a journal's records add up to. @throws CHECKPOINT_TOO_NEW, CHECKPOINT_CORRUPT */
export function stateOf(records: readonly unknown[], directory: string): CheckpointState {
  const [first, ...steps] = records as readonly CheckpointRecord[];
  if (first?.type !== "checkpoint") throw corrupt(directory, "does not begin with a checkpoint");
  const { format } = first.state;
  if (format > checkpointFormat) {
    const text = `the checkpoint in ${directory} has format ${format}; this version reads up to ${checkpointFormat}`;
    throw new DStreamError("CHECKPOINT_TOO_NEW", text, { data: { directory, format } });
  }
  let state: CheckpointState;
  try {
    state = (steps as readonly StepRecord[]).reduce(afterStep, first.state);
  } catch (error) {
    throw corrupt(directory, "has records that do not fit together", error);
  }
  const { sources, planned, left = [] } = state;
  const positions = Object.fromEntries(left.map(({ name, saved }) => [name, saved]));
  const unusable = [sources, planned?.sources ?? {}, positions].map(unusableRange).find((found) => found !== undefined);
  if (unusable !== undefined) throw corrupt(directory, `says ${unusable}, which is no range of offsets`);
  return state;
}

function corrupt(directory: string, what: string, cause?: unknown): DStreamError {
  const text = `the journal in ${directory} ${what}; ${restoreAdvice}`;
  return new DStreamError("CHECKPOINT_CORRUPT", text, { cause, data: { directory } });
}
