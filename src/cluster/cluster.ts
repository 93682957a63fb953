import type { TaskFacts } from "../listeners/facts/task-facts.ts";
import type { Plan } from "../plan/plan.ts";
import type { Activity } from "../runtime/activity.ts";
import type { JobRuntime } from "../runtime/job-runtime.ts";
import type { SourceInput } from "../sources/source-input.ts";
import type { StateFile } from "../state/files/state-file.ts";
import type { Manifest } from "../state/manifest.ts";
import type { StatePlace } from "../state/open-state-store.ts";
import type { AskedState, FoundInMemory } from "../state/query/asked-state.ts";
import type { BroadcastValue } from "../task/context/broadcast-values.ts";
import type { Expansion } from "../task/context/expansion.ts";
import type { OutputPart } from "../task/task-spec.ts";

/** A job as a cluster needs it: the plan, and where workers find the code that built it. */
export interface ClusterJob {
  readonly plan: Plan;
  /** Bytes of collected rows of one output in one batch. */
  readonly maxResultBytes: number;
  readonly batchIntervalMs: number;
  /** How often a batch is run again; as often new workers may be needed between batches. */
  readonly maxBatchRetries: number;
  /** The module that workers load, and the arguments it gets (process.argv from the third on). */
  readonly jobFile: string;
  readonly jobArguments: readonly string[];
  /** URLs of modules that the file loads by its arguments, for clusters that have to ship them. */
  readonly jobModules: readonly string[];
  /** Environment variables that workers elsewhere get. */
  readonly environment: Readonly<Record<string, string>>;
  readonly state: StatePlace;
  readonly runtime: JobRuntime;
}

/** One attempt at one batch. */
export interface BatchSpec {
  readonly time: number;
  readonly attempt: number;
  /** The job's plan, or the batch's own. */
  readonly plan: Plan;
  /** From what workers build the batch's own plan; undefined where it is the job's. */
  readonly expansion: Expansion | undefined;
  /** All broadcasts of the job. */
  readonly broadcasts: readonly BroadcastValue[];
  /** Every partition of every source that has an RDD in this batch. */
  readonly inputs: readonly SourceInput[];
  /** Partitions of each node, by node id. */
  readonly counts: readonly number[];
  /** Whether each node has an RDD, by node id. */
  readonly present: readonly boolean[];
  /** The state that the batch begins with. Whatever workers hold besides does not count. */
  readonly manifest: Manifest;
}

export interface BatchResult {
  /** What each output collected, in no particular order. */
  readonly outputs: readonly OutputPart[];
  /** State that the accepted attempts wrote; it counts when a later batch's manifest names it. */
  readonly stateFiles: readonly StateFile[];
  /** What the accepted attempts added to accumulators, by their id. */
  readonly added: Readonly<Record<number, number>>;
  /** What the accepted attempts say of themselves, in any order. */
  readonly tasks: readonly TaskFacts[];
  /** When the last task of stage 0 had ended, as `elapsed()` of the runtime's timers. */
  readonly readEnd: number;
}

/** A place that can run stages and move blocks between them. */
export interface Cluster {
  /** Tasks that it runs at once; known once it is open. */
  readonly slots: number;
  /** Whether a partition's tasks run in one worker as long as it lives, so that state may live in memory only. */
  readonly workersKeepState: boolean;
  /** How many workers that had ended were replaced so far; undefined where nobody knows. */
  readonly workersReplaced?: number;
  /** Finds the cluster. @throws what keeps it from being reached. */
  open(): Promise<void>;
  /** @throws GRAPH_MISMATCH or BUILD_MISMATCH when a worker built something else from the job's file. */
  start(job: ClusterJob): Promise<void>;
  /** Runs all stages of a batch. It changes nothing that counts before the driver accepts the result, so running it again is safe. */
  runBatch(batch: BatchSpec, signal: AbortSignal, activity: Activity): Promise<BatchResult>;
  /** What a worker has in memory of a state; undefined where none has just this version of it, or where one that has is busy. */
  lookUp?(asked: AskedState): Promise<FoundInMemory | undefined>;
  /** Ends what the job uses; `keepOpen` leaves the cluster's own session for the program's next job. */
  stop(options?: { readonly keepOpen?: boolean }): Promise<void>;
}
