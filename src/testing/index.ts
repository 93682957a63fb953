/** The test kit: run a job's batches by a manual clock, without a broker, and compare what they give. @module */
export { expectBatches } from "./expect-batches.ts";
export { ManualClock } from "./manual-clock.ts";
export { runBatches } from "./run-batches.ts";
export { type Batches, type Build, type Inputs, type RunOptions, type TestJob, testJob } from "./test-job.ts";
