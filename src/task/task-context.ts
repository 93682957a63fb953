import type { Plan } from "../plan/plan.ts";
import type { StateStore } from "../state/state-store.ts";
import type { KafkaResources } from "./kafka-resources.ts";
import { compileLevel, type LevelProgram } from "./program/compile-level.ts";

/** What tasks of one job share in one place that runs them: a thread, or an executor's worker. */
export class TaskContext {
  readonly plan: Plan;
  readonly state: StateStore;
  readonly kafka: KafkaResources;
  /** Bytes of collected rows that a batch may have. */
  readonly maxResultBytes: number;
  readonly #programs: readonly LevelProgram[];

  constructor(plan: Plan, state: StateStore, kafka: KafkaResources, maxResultBytes: number) {
    this.plan = plan;
    this.state = state;
    this.kafka = kafka;
    this.maxResultBytes = maxResultBytes;
    this.#programs = Array.from({ length: plan.numLevels }, (_, level) => compileLevel(plan, level));
  }

  program(level: number): LevelProgram {
    const program = this.#programs[level];
    if (program === undefined) throw new RangeError(`the plan has ${this.#programs.length} levels, not ${level + 1}`);
    return program;
  }
}
