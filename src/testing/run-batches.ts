import { checkRun } from "./check-run.ts";
import { type LooksAt, runTogether } from "./lives/run-together.ts";
import type { Inputs, RunOptions, TestJob } from "./test-job.ts";

/**
 * Runs a test job: entry i of each input is delivered in batch i+1, by a manual clock. Returns the rows of each batch, each
 * once, in order of batch time, however often it was run; a batch without an RDD has none.
 *
 * @throws what ends the job; INVALID_OPTION, also for a fault that hits nothing; UNKNOWN_OPTION.
 */
export async function runBatches<I extends readonly unknown[], R>(
  job: TestJob<I, R>,
  inputs: Inputs<I>,
  options: RunOptions = {},
): Promise<R[][]> {
  checkRun("runBatches", job, inputs, options);
  return runJob(job, inputs, options, "inputs");
}

/** The same for arguments that were checked. */
export async function runJob<I extends readonly unknown[], R>(
  job: TestJob<I, R>,
  inputs: Inputs<I>,
  options: RunOptions,
  looksAt: LooksAt,
): Promise<R[][]> {
  const { master = "local", batchInterval = 1_000, numInputPartitions = 2, ...others } = options;
  const together = { master, batchInterval, looksAt, ...others };
  const [batches] = await runTogether([{ job, inputs, numInputPartitions }], together);
  return batches as R[][];
}
