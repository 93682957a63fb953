import type { ArrowBatch } from "../arrow/read/arrow-batch.ts";
import type { BatchBuilder, ColumnSpec } from "../arrow/write/batch-builder.ts";
import type { SparkDialect } from "../versions/spark-dialect.ts";

/** One attempt of Spark's at one task. */
export interface SparkTask {
  /** The driver's own bytes, as it put them into the query. */
  readonly command: Uint8Array;
  readonly stageId: number;
  readonly partitionId: number;
  readonly attemptNumber: number;
  /** Where the session's files are. */
  readonly filesDir: string;
  /** How this Spark speaks, as the driver found out. */
  readonly dialect: SparkDialect;
}

/** The rows that a task sends on. What is left in the builder when the task ends is sent, too. */
export interface OutputStream {
  /** Begins the output with rows of these columns. Once a task. */
  open(columns: readonly ColumnSpec[]): BatchBuilder;
  /** Sends the rows that the builder has collected. Resolves when there is room for more. */
  flush(): Promise<void>;
}

/** What runs in a worker, whatever brings it its rows. */
export interface FunctionHost {
  /** Runs a task. `signal` aborts when nobody waits for the answer any more; what is thrown fails the task. */
  run(task: SparkTask, input: AsyncIterable<ArrowBatch>, output: OutputStream, signal: AbortSignal): Promise<void>;
  /** How long the process stays without a task, as tasks have told so far; undefined for as long as Spark wants. */
  readonly idleMs?: number | undefined;
  /** Whether a task has said that the session is over. */
  readonly isOver?: boolean;
}
