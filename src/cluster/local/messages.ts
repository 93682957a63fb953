import type { WireError } from "../../errors/error-wire.ts";
import type { Parallelism } from "../../plan/plan.ts";
import type { RunOptions } from "../../runtime/role.ts";
import type { TaskResult, TaskSpec } from "../../task/task-spec.ts";

/** What a worker thread is given when it starts. */
export interface WorkerData {
  readonly jobFile: string;
  readonly jobArguments: readonly string[];
  readonly runOptions: RunOptions;
}

export type ToWorker =
  | { readonly type: "start"; readonly parallelism: Parallelism; readonly maxResultBytes: number }
  | { readonly type: "run"; readonly task: TaskSpec }
  | { readonly type: "abort" }
  | { readonly type: "commit"; readonly time: number }
  | { readonly type: "stop" };

export type FromWorker =
  | { readonly type: "registered"; readonly description: readonly string[]; readonly buildHash: string }
  | { readonly type: "done"; readonly result: TaskResult }
  | { readonly type: "failed"; readonly error: WireError }
  | { readonly type: "broken"; readonly error: WireError };
