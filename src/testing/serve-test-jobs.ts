import { DStreamError } from "../errors/dstream-error.ts";
import { importTestModule } from "./job-import.ts";
import { ManualClock } from "./manual-clock.ts";
import { type TestContextSpec, testContext } from "./test-context.ts";
import type { TestJob } from "./test-job.ts";

/**
 * Builds in a worker what the driver built around test jobs: imports the modules that export them, and starts the same context.
 * Queues are empty here, since the driver feeds them.
 */
export async function serveTestJobs(spec: TestContextSpec): Promise<void> {
  const queued = [];
  for (const { url, name, numInputs } of spec.jobs) {
    const job = Object.values(await importTestModule(url)).find(
      (value) => (value as TestJob<[], unknown>).name === name && (value as TestJob<[], unknown>).url === url,
    );
    if (job === undefined) {
      throw new DStreamError("GRAPH_MISMATCH", `the module of test job "${name}" does not export it at top level`);
    }
    queued.push({ job: job as TestJob<any, unknown>, queues: Array.from({ length: numInputs }, () => []) });
  }
  await testContext(spec, queued, () => {}, new ManualClock()).start();
}
