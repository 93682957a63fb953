import type { Accumulators } from "../driver/accumulators.ts";
import { checkNumber } from "../errors/checks/check-number.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import type { HostProcess } from "../runtime/process/this-process.ts";
import { taskScope } from "../task/context/task-scope.ts";

/**
 * A number that tasks add to and the driver reads. What a task added counts once its batch has run, and once only, however often
 * the task was run again. It is not kept in checkpoints.
 */
export class Accumulator {
  readonly name: string;
  readonly #id: number;
  readonly #accumulators: Accumulators;
  readonly #process: HostProcess;

  /** @internal Made by `StreamingContext.accumulator`. */
  constructor(id: number, name: string, accumulators: Accumulators, process: HostProcess) {
    this.#id = id;
    this.name = name;
    this.#accumulators = accumulators;
    this.#process = process;
  }

  /**
   * Adds in a task, or on the driver.
   *
   * @throws INVALID_OPTION for what is no number; ILLEGAL_STATE in a function of transform, which runs in many places, and in a
   * worker outside of tasks.
   */
  add(n: number): void {
    checkNumber(`what is added to ${this.name}`, n, -Number.MAX_VALUE, { allowed: "a number that is finite" });
    const scope = taskScope();
    if (scope === undefined) {
      this.#checkDriver("added to");
      this.#accumulators.add(this.#id, n);
    } else if (scope.isBuilding) {
      throw new DStreamError(
        "ILLEGAL_STATE",
        `${this.name} cannot be added to in a function of transform; add in the tasks`,
      );
    } else {
      scope.added.set(this.#id, (scope.added.get(this.#id) ?? 0) + n);
    }
  }

  /**
   * The sum so far; in foreachRDD with what the batch's tasks added.
   *
   * @throws ILLEGAL_STATE in a task or a worker.
   */
  get value(): number {
    if (taskScope() !== undefined)
      throw new DStreamError("ILLEGAL_STATE", `${this.name} can be read on the driver only, not in a task`);
    this.#checkDriver("read");
    return this.#accumulators.valueOf(this.#id);
  }

  #checkDriver(what: string): void {
    if (this.#process.role === undefined) return;
    throw new DStreamError("ILLEGAL_STATE", `${this.name} cannot be ${what} in a worker outside of tasks`);
  }
}
