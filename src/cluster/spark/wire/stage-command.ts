import type { OffsetRange } from "../../../kafka/types.ts";
import type { SourceFile } from "../../../plan/graph/nodes/source.ts";
import type { Parallelism } from "../../../plan/plan.ts";
import type { RunOptions } from "../../../runtime/process/this-process.ts";
import type { Manifest } from "../../../state/manifest.ts";
import type { StatePlace } from "../../../state/open-state-store.ts";
import type { Expansion } from "../../../task/context/expansion.ts";

/** The job as an executor's worker needs it: what to load, and with what around it. */
export interface ShippedJob {
  /** Name of the bundle among the session's files; it has the hash of its content in it. */
  readonly file: string;
  /** The job's own file, as people know it. */
  readonly sourceFile: string;
  /** The driver's, from where people see the job's files. */
  readonly workingDirectory: string;
  readonly arguments: readonly string[];
  readonly runOptions: RunOptions;
  /** Environment variables that the program asked for. */
  readonly environment: Readonly<Record<string, string>>;
  /** describeGraph of the driver's graph. */
  readonly description: readonly string[];
  readonly parallelism: Parallelism;
  readonly maxResultBytes: number;
  /** How long a worker waits for its next task; undefined for as long as Spark wants. */
  readonly idleMs: number | undefined;
  readonly state: StatePlace;
}

/** The mark of a row that belongs to no input. */
export const noInput = -1;

/** An input of stage 0 as it is marked in the rows that Spark reads. */
export interface MarkedInput {
  readonly mark: number;
  /** Position among the inputs of the batch. */
  readonly index: number;
  readonly source: number;
  readonly partition: number;
  /** Of a Kafka partition; undefined for other inputs. */
  readonly range: OffsetRange | undefined;
  /** A file that the task reads itself, from storage that it shares with the driver. */
  readonly file: SourceFile | undefined;
}

/** One version of a broadcast's value, in a file of the session. */
export interface ShippedBroadcast {
  readonly id: number;
  readonly version: string;
  readonly file: string;
}

/** Runs one stage of one batch in every task of a stage. */
export interface StageCommand {
  readonly kind: "stage";
  readonly job: ShippedJob;
  readonly stage: number;
  readonly batchTime: number;
  readonly attempt: number;
  readonly counts: readonly number[];
  readonly present: readonly boolean[];
  readonly expansion: Expansion | undefined;
  readonly broadcasts: readonly ShippedBroadcast[];
  /** The state of this stage's operators. */
  readonly manifest: Manifest;
  /** At stage 0. */
  readonly inputs: readonly MarkedInput[];
  /** Tasks of the stage behind this one; 0 behind the last. */
  readonly nextTasks: number;
}

/** Asks every task who and where it is. */
export interface ProbeCommand {
  readonly kind: "probe";
  /** A folder that driver and executors have to share: the task reads `token` in it and leaves a file of its own. */
  readonly sharedFolder: { readonly path: string; readonly token: string } | undefined;
}

/** What a task answers to a probe. */
export interface ProbeReport {
  readonly partition: number;
  readonly host: string;
  readonly pid: number;
  readonly node: string;
  readonly platform: string;
  /** Why the shared folder is not shared, or cannot be written; undefined when all is well. */
  readonly folderProblem: string | undefined;
}

/** Tells every task's worker, and by it the others of its executor, that no more tasks come. */
export interface EndCommand {
  readonly kind: "end";
}

export type WorkerCommand = StageCommand | ProbeCommand | EndCommand;

/** The bytes that Spark carries to the worker unread. */
export function encodeCommand(command: WorkerCommand): Uint8Array {
  return Buffer.from(JSON.stringify(command));
}

export function decodeCommand(bytes: Uint8Array): WorkerCommand {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")) as WorkerCommand;
}
