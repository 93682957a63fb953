import type { Plan } from "../../plan/plan.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import type { StateStore } from "../../state/state-store.ts";
import { compileStage, type StageProgram } from "../program/compile-stage.ts";
import { BroadcastValues } from "./broadcast-values.ts";
import { type Expansion, expandAsDriver } from "./expansion.ts";
import type { KafkaResources } from "./kafka-resources.ts";

export interface TaskContextOptions {
  readonly plan: Plan;
  readonly state: StateStore;
  readonly kafka: KafkaResources;
  /** Bytes of collected rows that a batch may have. */
  readonly maxResultBytes: number;
  readonly runtime: JobRuntime;
  /** Default: none so far. */
  readonly broadcasts?: BroadcastValues;
}

/** What tasks of one job share in one place that runs them: a thread, or an executor's worker. */
export class TaskContext {
  readonly plan: Plan;
  readonly state: StateStore;
  readonly kafka: KafkaResources;
  readonly maxResultBytes: number;
  readonly runtime: JobRuntime;
  readonly broadcasts: BroadcastValues;
  readonly #programs: (StageProgram | undefined)[] = [];
  #expanded: { readonly id: string; readonly context: TaskContext } | undefined;

  constructor(options: TaskContextOptions) {
    this.plan = options.plan;
    this.state = options.state;
    this.kafka = options.kafka;
    this.maxResultBytes = options.maxResultBytes;
    this.runtime = options.runtime;
    this.broadcasts = options.broadcasts ?? new BroadcastValues();
  }

  /** Compiled when it is first asked for: of a job with transform only the plans of its batches run. */
  program(stage: number): StageProgram {
    if (stage >= this.plan.numStages)
      throw new RangeError(`the plan has ${this.plan.numStages} stages, not ${stage + 1}`);
    const program = this.#programs[stage] ?? compileStage(this.plan, stage);
    this.#programs[stage] = program;
    return program;
  }

  /** The same place with another plan. */
  withPlan(plan: Plan): TaskContext {
    return new TaskContext({ ...this, plan });
  }

  /**
   * The context of a batch: this one, or one whose plan is built as the driver built it, after the batch's broadcasts came.
   *
   * @throws GRAPH_MISMATCH
   */
  forBatch(expansion: Expansion | undefined): TaskContext {
    if (expansion === undefined) return this;
    if (this.#expanded?.id !== expansion.id) {
      const plan = expandAsDriver(this.plan, expansion, this.broadcasts.values);
      this.#expanded = { id: expansion.id, context: this.withPlan(plan) };
    }
    return this.#expanded.context;
  }
}
