import { findTestJob } from "./job-import.ts";
import { ManualClock } from "./manual-clock.ts";
import { type TestContextSpec, testContext } from "./test-context.ts";

/**
 * Builds in a worker what the driver built around test jobs: imports the modules that export them, and starts the same context.
 * Inputs are empty here, since the driver feeds them.
 */
export async function serveTestJobs(spec: TestContextSpec): Promise<void> {
  const queued = [];
  for (const job of spec.jobs) {
    queued.push({ job: await findTestJob(job), queues: Array.from({ length: job.numInputs }, () => []) });
  }
  const actions = { collect: () => {}, failing: () => {} };
  await testContext(spec, queued, actions, { clock: new ManualClock() }).start();
}
