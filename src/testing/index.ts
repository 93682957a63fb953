/** The test kit: run a job's batches by a manual clock, without a broker, break it on its way, and compare what it gives. @module */
import "../runtime/process/require-node.ts";

export { expectBatches } from "./expect-batches.ts";
export { type Fault, fail, kill, restart } from "./lives/fault.ts";
export { ManualClock } from "./manual-clock.ts";
export { runBatches } from "./run-batches.ts";
export {
  type Batches,
  type Build,
  type CommittedBatch,
  type Inputs,
  type RunOptions,
  type TestJob,
  testJob,
} from "./test-job.ts";
