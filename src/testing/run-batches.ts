import { runTogether } from "./run-together.ts";
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
  const { master = "local", batchInterval = 1_000, numInputPartitions = 2, checkpointDir } = options;
  const numBatches = options.numBatches ?? Math.max(0, ...inputs.map((input) => input.length));
  const together = { master, batchInterval, numBatches, checkpointDir };
  const [batches] = await runTogether([{ job, inputs, numInputPartitions }], together);
  return batches as R[][];
}
