import { DStreamError } from "../errors/dstream-error.ts";
import { ManualClock } from "./manual-clock.ts";
import { type TestContextSpec, testContext } from "./test-context.ts";
import type { TestJob } from "./test-job.ts";

// What workers load in place of a job's file when a test job runs: the module that exports the job, and the same context
// around it. Queues are empty here, since the driver feeds them.

const spec = JSON.parse(process.argv[2] ?? "{}") as TestContextSpec;
const exported: Record<string, unknown> = await import(spec.url);
const job = Object.values(exported).find(
  (value) => (value as TestJob<[], unknown>).name === spec.name && (value as TestJob<[], unknown>).url === spec.url,
);
if (job === undefined) {
  throw new DStreamError("GRAPH_MISMATCH", `the module of test job "${spec.name}" does not export it at top level`);
}
const queues = Array.from({ length: spec.numInputs }, () => []);
await testContext(job as TestJob<readonly unknown[], unknown>, spec, queues, () => {}, new ManualClock()).start();
