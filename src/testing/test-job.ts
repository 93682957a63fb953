import { checkFunction, checkText } from "../errors/checks/check-options.ts";
import type { JobRuntime, runtimeKey } from "../runtime/job-runtime.ts";
import type { StreamingContext } from "../streaming/context/streaming-context.ts";
import type { DStream } from "../streaming/dstream.ts";
import type { Duration } from "../streaming/duration.ts";
import type { StateQuery } from "../streaming/keyed/state-query.ts";
import type { StreamOf } from "../streaming/stream-of.ts";
import type { Awaitable, Time } from "../streaming/types.ts";
import type { Fault } from "./lives/fault.ts";
import type { ManualClock } from "./manual-clock.ts";

/** Builds the stream under test from one input stream for each input. */
export type Build<I extends readonly unknown[], R> = (
  ssc: StreamingContext,
  ...inputs: { [N in keyof I]: StreamOf<I[N]> }
) => DStream<R>;

/** A job that tests can run on every kind of cluster. */
export interface TestJob<I extends readonly unknown[], R> {
  /** The module that exports it. */
  readonly url: string;
  readonly name: string;
  readonly build: Build<I, R>;
}

/**
 * Defines a test job. It must be a top-level export of the module at `url` (its `import.meta.url`): workers import that module
 * and run `build` again. Type arguments are written out: `testJob<[string], readonly [string, number]>(…)`.
 *
 * @throws INVALID_OPTION
 */
export function testJob<I extends readonly unknown[], R>(url: string, name: string, build: Build<I, R>): TestJob<I, R> {
  checkText("testJob's url", url, "the import.meta.url of its module");
  checkText("testJob's name", name);
  return { url, name, build: checkFunction("testJob", build) };
}

/** One entry a batch; null: no RDD. A fault stands before the entry of the batch that it hits, and takes no batch of its own. */
export type Batches<T> = readonly (readonly T[] | null | Fault)[];
export type Inputs<I extends readonly unknown[]> = { [N in keyof I]: Batches<I[N]> };

/** A batch that is committed, and is the last one while the function that it was given to runs. */
export interface CommittedBatch {
  readonly time: Time;
  /** As the context's: the state of an operator as the batch left it. @throws STATE_OPERATOR_MISSING, INVALID_OPTION */
  queryState<K = unknown, S = unknown>(operator: string): StateQuery<K, S>;
}

export interface RunOptions {
  /** Default "local". */
  master?: string;
  /** Milliseconds; default 1,000. */
  batchInterval?: Duration;
  /** Partitions of each input; default 2. */
  numInputPartitions?: number;
  /** Default: as many as the longest input has; behind it come empty batches. `expectBatches` takes no fewer. */
  numBatches?: number;
  /** Folder of the job's checkpoint. Default: a temporary one. */
  checkpointDir?: string;
  /** Default: one that starts at 0. The first batch is one interval behind its time. */
  clock?: ManualClock;
  /** @internal Of the driver, in lives that run in this process. */
  [runtimeKey]?: Partial<JobRuntime>;
  /**
   * Called once for each batch that was committed, in order, between it and the next one, which waits: for a look at the state. Of a
   * batch whose commit is followed by a kill it is called when the process is dead. What it throws ends the run.
   */
  afterBatch?: (batch: CommittedBatch) => Awaitable<void>;
}
