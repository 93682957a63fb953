import type { EdgeTraffic, Span, TaskTime } from "./task-facts.ts";

/**
 * The phases of a batch, in their order: its input is decided (plan) and written to the checkpoint (log); stage 0 runs (read), then later
 * stages and the driver's part of the outputs (compute); what it wrote is made to last (prepare), and counts (commit).
 */
export const phases = ["plan", "log", "read", "compute", "prepare", "commit"] as const;
export type Phase = (typeof phases)[number];

/** One stage of a batch: its tasks in one. */
export interface StageFacts extends Span {
  readonly stage: number;
  /** What the stage does, by the names of its operators. */
  readonly operators: readonly string[];
  readonly numTasks: number;
  /** Sum of its tasks. */
  readonly time: TaskTime;
  /** The task that took longest: how skewed the stage is shows against `taskMs / numTasks`. */
  readonly slowest: { readonly index: number; readonly ms: number };
  /** Sum of its tasks' `ms`. */
  readonly taskMs: number;
  /** Of each task, for the last 20 batches, where the stage has at most 1,000. */
  readonly tasks?: readonly TaskSpan[];
}

export interface TaskSpan extends Span {
  readonly index: number;
}

/** What a batch read of one source. */
export interface SourceReads {
  /** The operator's name. */
  readonly source: string;
  readonly records: number;
  readonly bytes: number;
  readonly offsetsSkipped: number;
  /** Of each partition, for the last 20 batches, where there are at most 1,000. */
  readonly partitions?: readonly { readonly partition: number; readonly records: number; readonly bytes: number }[];
}

export interface EdgeFacts extends EdgeTraffic {
  /** Operators' names. */
  readonly from: string;
  readonly to: string;
}

/** What an operator's state is after a batch. */
export interface StateFacts {
  readonly operator: string;
  readonly entries: number | undefined;
  readonly bytes: number;
}

/**
 * What is known of a batch that has ended: everything that progress, listeners, page and metrics say of it. It can be written as JSON.
 * A batch that failed has the phases and stages up to there.
 */
export interface BatchFacts {
  /** Those that were reached. */
  readonly phases: Readonly<Partial<Record<Phase, Span>>>;
  /** How often it was run again. */
  readonly retries: number;
  /** Of the last attempt. */
  readonly stages: readonly StageFacts[];
  readonly sources: readonly SourceReads[];
  /** Rows that reached operators and outputs at the end of segments, by name. */
  readonly rows: Readonly<Record<string, number>>;
  readonly edges: readonly EdgeFacts[];
  readonly state: readonly StateFacts[];
  /** Records that sources left for later batches when it was planned; undefined where none of them knows. */
  readonly lag: number | undefined;
}
