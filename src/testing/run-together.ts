import { DStreamError } from "../errors/dstream-error.ts";
import { workerRole } from "../runtime/role.ts";
import { jobModuleInImport } from "./job-import.ts";
import { ManualClock } from "./manual-clock.ts";
import { type TestContextSpec, testContext } from "./test-context.ts";
import type { Batches, TestJob } from "./test-job.ts";

/** A test job and what it is given, whatever its types. */
export interface JobRun {
  readonly job: TestJob<any, unknown>;
  readonly inputs: readonly Batches<unknown>[];
  readonly numInputPartitions: number;
}

export interface TogetherOptions {
  readonly master: string;
  readonly batchInterval: number;
  readonly numBatches: number;
  readonly checkpointDir?: string | undefined;
}

/**
 * Runs test jobs as one job, which costs one start for all of them, by a manual clock that starts at 0: entry i of each input
 * is delivered in batch i+1. Returns the rows of each batch of each job, each once, in order of batch time; a batch without an
 * RDD has none.
 */
export async function runTogether(
  runs: readonly JobRun[],
  { master, batchInterval, numBatches, checkpointDir }: TogetherOptions,
): Promise<unknown[][][]> {
  if (workerRole() !== undefined) return inWorker();
  const jobs = runs.map(({ job: { url, name }, inputs, numInputPartitions }) => {
    return { url, name, numInputs: inputs.length, numInputPartitions };
  });
  const spec: TestContextSpec = { jobs, master, batchInterval, checkpointDir };
  const results = runs.map(() => new Map<number, readonly unknown[]>());
  const clock = new ManualClock();
  const ssc = testContext(
    spec,
    runs.map(({ job, inputs }) => ({ job, queues: inputs.map((input) => [...input]) })),
    (index, rows, time) => results[index]?.set(time, rows),
    clock,
  );
  ssc.runAsTest({ arguments: [JSON.stringify(spec)], modules: [...new Set(jobs.map(({ url }) => url))] });
  const ended = ssc.awaitTermination();
  // A job that fails says so below, when its batches are over.
  ended.catch(() => {});
  await ssc.start();
  await clock.advance(numBatches * batchInterval);
  await ssc.stop();
  await ended;
  return results.map((batches) =>
    Array.from({ length: numBatches }, (_, i) => [...(batches.get((i + 1) * batchInterval) ?? [])]),
  );
}

/** A worker imports the modules of the jobs, which may be the very test file that calls this: its tests run in the driver only. */
function inWorker(): Promise<never> {
  const url = jobModuleInImport();
  if (url === undefined) return new Promise(() => {});
  const text = `${url} awaits a test at its top level, but workers import it, too; call it inside test(), or move the job to a module of its own`;
  throw new DStreamError("GRAPH_MISMATCH", text);
}
