import type { DStream } from "../streaming/dstream.ts";
import type { StreamingContext } from "../streaming/streaming-context.ts";
import type { StreamOf } from "../streaming/types.ts";

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
 * and run `build` again. Type arguments are written out: `testJob<[string], [string, number]>(…)`.
 */
export function testJob<I extends readonly unknown[], R>(url: string, name: string, build: Build<I, R>): TestJob<I, R> {
  return { url, name, build };
}

/** One entry a batch; null: no RDD. */
export type Batches<T> = readonly (readonly T[] | null)[];
export type Inputs<I extends readonly unknown[]> = { [N in keyof I]: Batches<I[N]> };

export interface RunOptions {
  /** Default "local". */
  readonly master?: string;
  /** Milliseconds; default 1,000. */
  readonly batchInterval?: number;
  /** Partitions of each input; default 2. */
  readonly numInputPartitions?: number;
  /** Folder for the job's state. Default: state lives in memory. */
  readonly checkpointDir?: string;
  /** Default: as many as the longest input has. */
  readonly numBatches?: number;
}
