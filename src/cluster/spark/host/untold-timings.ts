import type { TaskFacts } from "../../../listeners/facts/task-facts.ts";
import type { StageCommand } from "../wire/stage-command.ts";
import type { ToldTiming } from "../wire/transfer-row.ts";

/**
 * When the tasks ran that this process had of a batch. Only a task of the last stage can tell the driver, so it tells those before it,
 * too; of a process that has none of the last stage nobody hears.
 */
export class UntoldTimings {
  #batch = "";
  #timings: ToldTiming[] = [];

  /** What is left of another batch is forgotten. */
  begin({ batchTime, attempt }: Pick<StageCommand, "batchTime" | "attempt">): void {
    const batch = `${batchTime}/${attempt}`;
    if (this.#batch !== batch) this.#timings = [];
    this.#batch = batch;
  }

  add({ stage, index, timing }: TaskFacts): void {
    if (timing !== undefined) this.#timings.push({ stage, index, timing });
  }

  take(): readonly ToldTiming[] {
    const timings = this.#timings;
    this.#timings = [];
    return timings;
  }
}
