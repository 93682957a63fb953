import type { Broadcasts } from "../driver/broadcasts.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import type { HostProcess } from "../runtime/process/this-process.ts";
import { taskScope } from "../task/context/task-scope.ts";

/**
 * A value that the driver has and every task sees: plain data, sent to each worker once a version. A batch sees the version that
 * was there when it began, also when it is run again.
 */
export class Broadcast<T> {
  readonly #id: number;
  readonly #broadcasts: Broadcasts;
  readonly #process: HostProcess;

  /** @internal Made by `StreamingContext.broadcast`. */
  constructor(id: number, broadcasts: Broadcasts, process: HostProcess) {
    this.#id = id;
    this.#broadcasts = broadcasts;
    this.#process = process;
  }

  /**
   * In tasks and functions of transform the batch's version, a copy that is theirs to read only; elsewhere in the driver the
   * newest.
   *
   * @throws ILLEGAL_STATE before the context has been started, and in a worker outside of tasks.
   */
  get value(): T {
    const scope = taskScope();
    if (scope?.broadcasts.has(this.#id)) return scope.broadcasts.get(this.#id) as T;
    this.#checkDriver("read");
    return this.#broadcasts.valueOf(this.#id) as T;
  }

  /**
   * Another value, from the next batch on. On the driver.
   *
   * @throws ILLEGAL_STATE in a task, in a worker, or before the context has been started; VALUE_NOT_ENCODABLE.
   */
  update(value: T): void {
    if (taskScope() !== undefined)
      throw new DStreamError("ILLEGAL_STATE", "a broadcast is updated on the driver, not in a task");
    this.#checkDriver("updated");
    this.#broadcasts.update(this.#id, value);
  }

  #checkDriver(what: string): void {
    if (this.#process.role === undefined) return;
    throw new DStreamError("ILLEGAL_STATE", `a broadcast can be ${what} in a worker only while a task runs`);
  }
}
