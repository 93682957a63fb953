import type { WireError } from "../../errors/error-wire.ts";
import type { Parallelism } from "../../plan/plan.ts";
import type { RunOptions } from "../../runtime/process/this-process.ts";
import type { StatePlace } from "../../state/open-state-store.ts";
import type { AskedState, FoundInMemory } from "../../state/query/asked-state.ts";
import type { BroadcastValue } from "../../task/context/broadcast-values.ts";
import type { Expansion } from "../../task/context/expansion.ts";
import type { TaskResult, TaskSpec } from "../../task/task-spec.ts";
import type { JobBuild } from "./job-build.ts";

/** What a worker thread is given when it starts. */
export interface WorkerData {
  readonly jobFile: string;
  readonly jobArguments: readonly string[];
  readonly runOptions: RunOptions;
  /** The modules that the driver loaded. */
  readonly build: JobBuild;
  /** One number, which the thread's tasks count up. */
  readonly steps: Int32Array;
}

/** What a worker built from the job's file. */
export interface Registration {
  readonly description: readonly string[];
  /** A module that changed since the driver started. */
  readonly changedModule: string | undefined;
}

export type ToWorker =
  | {
      readonly type: "start";
      readonly parallelism: Parallelism;
      readonly maxResultBytes: number;
      readonly state: StatePlace;
    }
  | {
      readonly type: "batch";
      readonly expansion: Expansion | undefined;
      /** Those that the thread does not have. */
      readonly broadcasts: readonly BroadcastValue[];
    }
  | { readonly type: "run"; readonly task: TaskSpec }
  /** Answered in the order in which they come. */
  | { readonly type: "look up"; readonly asked: AskedState }
  | { readonly type: "abort" }
  | { readonly type: "stop" };

export type FromWorker =
  | ({ readonly type: "registered" } & Registration)
  | { readonly type: "done"; readonly result: TaskResult }
  | { readonly type: "failed"; readonly error: WireError }
  | { readonly type: "looked up"; readonly found: FoundInMemory | undefined }
  | { readonly type: "broken"; readonly error: WireError };
