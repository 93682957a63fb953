import { AsyncLocalStorage } from "node:async_hooks";

// What a broadcast or an accumulator is to the code that uses it depends on where that code runs: in a task, while a function of
// transform builds, or elsewhere in the driver. The symbol keeps the storage common to several copies of the package.

/** What code in a task, or in a function of transform, sees of the job's shared variables. */
export class TaskScope {
  /** Values of broadcasts in this batch, by id. */
  readonly broadcasts: ReadonlyMap<number, unknown>;
  /** What was added to accumulators so far, by id. */
  readonly added = new Map<number, number>();
  /** Whether a function of transform builds: it runs in many places, and what it adds would count for each. */
  readonly isBuilding: boolean;
  /** Epoch ms. */
  readonly batchTime: number;
  /** How often the batch was run before. */
  readonly attempt: number;

  constructor(
    broadcasts: ReadonlyMap<number, unknown>,
    { batchTime, attempt = 0, isBuilding = false }: { batchTime: number; attempt?: number; isBuilding?: boolean },
  ) {
    this.broadcasts = broadcasts;
    this.batchTime = batchTime;
    this.attempt = attempt;
    this.isBuilding = isBuilding;
  }
}

const key = Symbol.for("dstream.task-scope");

function storage(): AsyncLocalStorage<TaskScope> {
  const globals = globalThis as { [key]?: AsyncLocalStorage<TaskScope> };
  globals[key] ??= new AsyncLocalStorage();
  return globals[key];
}

/** Undefined outside of tasks and functions of transform. */
export function taskScope(): TaskScope | undefined {
  return storage().getStore();
}

export function inTaskScope<R>(scope: TaskScope, f: () => R): R {
  return storage().run(scope, f);
}
