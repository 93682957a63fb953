import { workerRole } from "../runtime/role.ts";
import { ManualClock } from "./manual-clock.ts";
import { testContext } from "./test-context.ts";
import type { Inputs, RunOptions, TestJob } from "./test-job.ts";

/**
 * Runs a test job: entry i of each input is delivered in batch i+1, by a manual clock that starts at 0. Returns the rows of each
 * batch, each once, in order of batch time; a batch without an RDD has none.
 */
export async function runBatches<I extends readonly unknown[], R>(
  job: TestJob<I, R>,
  inputs: Inputs<I>,
  options: RunOptions = {},
): Promise<R[][]> {
  // A worker imports the module of the job, which may be the very test file that calls this.
  if (workerRole() !== undefined) return new Promise<never>(() => {});
  const { master = "local", batchInterval = 1_000, numInputPartitions = 2 } = options;
  const batches = inputs as readonly (readonly (readonly unknown[] | null)[])[];
  const numBatches = options.numBatches ?? Math.max(0, ...batches.map((input) => input.length));
  const spec = { url: job.url, name: job.name, numInputs: batches.length, master, batchInterval, numInputPartitions };
  const results = new Map<number, readonly unknown[]>();
  const clock = new ManualClock();
  const ssc = testContext(
    job as unknown as TestJob<readonly unknown[], unknown>,
    spec,
    batches.map((input) => [...input]),
    (rows, time) => results.set(time, rows),
    clock,
  );
  ssc.runAsTest([JSON.stringify(spec)]);
  const ended = ssc.awaitTermination();
  await Promise.race([ssc.start(), ended]);
  await clock.advance(numBatches * batchInterval);
  await ssc.stop();
  await ended;
  return Array.from({ length: numBatches }, (_, i) => [...(results.get((i + 1) * batchInterval) ?? [])] as R[]);
}
