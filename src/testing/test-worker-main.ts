import { DStreamError } from "../errors/dstream-error.ts";
import { importJobModule } from "./job-import.ts";
import { ManualClock } from "./manual-clock.ts";
import { type TestContextSpec, testContext } from "./test-context.ts";
import type { TestJob } from "./test-job.ts";

// What workers load in place of a job's file when test jobs run: the modules that export the jobs, and the same context around
// them. Queues are empty here, since the driver feeds them.

const spec = JSON.parse(process.argv[2] ?? "{}") as TestContextSpec;
const queued = [];
for (const { url, name, numInputs } of spec.jobs) {
  const exported = await importJobModule(url);
  const job = Object.values(exported).find(
    (value) => (value as TestJob<[], unknown>).name === name && (value as TestJob<[], unknown>).url === url,
  );
  if (job === undefined) {
    throw new DStreamError("GRAPH_MISMATCH", `the module of test job "${name}" does not export it at top level`);
  }
  queued.push({ job: job as TestJob<any, unknown>, queues: Array.from({ length: numInputs }, () => []) });
}
await testContext(spec, queued, () => {}, new ManualClock()).start();
