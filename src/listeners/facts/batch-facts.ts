import type { EdgeTraffic, Span, TaskTime } from "./task-facts.ts";

/**
 * The phases of a batch, in their order: its input is decided (plan) and written to the checkpoint (log); stage 0 runs (read), then later
 * stages and the driver's part of the outputs (compute); what it wrote is made to last (prepare), and counts (commit).
 */
export type Phase = "plan" | "log" | "read" | "compute" | "prepare" | "commit";

export interface TaskSpan extends Span {
  readonly index: number;
}

/** When the tasks of a stage ran. Clocks of several hosts may differ. */
export interface StageTiming extends Span {
  /** Tasks that this is of: on Spark there may be some that nobody heard of. */
  readonly numTasks: number;
  /** Sum of their times. */
  readonly taskMs: number;
  /** What that went into. */
  readonly time: TaskTime;
  /** The task that took longest: how skewed the stage is shows against `taskMs / numTasks`. */
  readonly slowest: TaskSpan;
  /** Each of them: for the last 20 batches, where they are at most 1,000. */
  readonly tasks?: readonly TaskSpan[];
}

/** One stage of a batch: its tasks in one. */
export interface StageFacts {
  readonly stage: number;
  /** What runs in it: operators' names. */
  readonly operators: readonly string[];
  readonly numTasks: number;
  readonly timing?: StageTiming;
}

/** What a batch read of one source. */
export interface SourceReads {
  /** The operator's name. */
  readonly source: string;
  readonly records: number;
  /** As in PartitionRead. */
  readonly bytes: number;
  readonly offsetsSkipped: number;
  /** What its tasks waited for what it gives, and decoded it, in ms; missing where no task of it was timed. */
  readonly fetchMs?: number;
  /** Each partition that was read: for the last 20 batches, where there are at most 1,000. */
  readonly partitions?: readonly { readonly partition: number; readonly records: number; readonly bytes: number }[];
}

export interface EdgeFacts extends EdgeTraffic {
  /** Operators' names. */
  readonly from: string;
  readonly to: string;
}

/** Keyed state of one operator, after the last batch. */
export interface StateFacts {
  /** The operator's name. */
  readonly operator: string;
  /** Keys that have state, or panes of a window; undefined after a checkpoint of an earlier version, which did not count them. */
  readonly entries: number | undefined;
  /** Bytes in files; 0 where there are none. */
  readonly bytes: number;
}

/** How the transactions of a batch ended; one that fails is tried again. */
export interface TransactionFacts {
  readonly committed: number;
  readonly aborted: number;
  /** It could not be found out what became of it: the job ends, and its next start does. */
  readonly unknown: number;
}

/** What the tasks of a batch did. Of several attempts at it, the last that came to its end. */
export interface BatchWork {
  /** In their order; those that had tasks. */
  readonly stages: readonly StageFacts[];
  readonly sources: readonly SourceReads[];
  /** Rows that operators gave which begin a segment, by name: sources, operators after a shuffle, windows, mapPartitions. */
  readonly rows: Readonly<Record<string, number>>;
  /** Rows that outputs got, where they are known; `id` as in `outputOperationInfos`. */
  readonly outputs: readonly { readonly id: number; readonly rows: number }[];
  /** What went from stage to stage. */
  readonly edges: readonly EdgeFacts[];
}

/**
 * What is known of a batch that has ended, by its phases and tasks. Names of operators are those of the batch's own plan. It can be
 * written as JSON.
 */
export interface BatchFacts extends BatchWork {
  /** Those that were reached. Of a batch that was run again: read and compute of the last attempt. */
  readonly phases: Readonly<Partial<Record<Phase, Span>>>;
  /** How often it was run again. */
  readonly retries: number;
  readonly state: readonly StateFacts[];
  /** Records that it wrote to Kafka with saveToKafka, by topic. Missing where there were none. */
  readonly produced?: Readonly<Record<string, number>>;
  /** Missing where it needed none. */
  readonly transactions?: TransactionFacts;
  /** Workers that had ended and were replaced for it; missing where nobody counts them: on Spark, and on `local`, which has none. */
  readonly workersReplaced?: number;
  /** Bytes of the checkpoint afterwards: its journal, and the files of state that it names. Missing without a checkpoint. */
  readonly checkpointBytes?: number;
}
