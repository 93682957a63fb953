import { type JobRuntime, jobRuntime } from "../runtime/job-runtime.ts";
import { JobLog } from "../runtime/log/job-log.ts";
import { standardLogger } from "../runtime/log/standard-logger.ts";

/** The runtime of a test's job: it says what it warns of, and not that it starts and ends. What ends it the test gets itself. */
export function kitRuntime(given: Partial<JobRuntime> = {}): JobRuntime {
  const runtime = jobRuntime(given);
  if (given.log !== undefined) return runtime;
  const standard = standardLogger(runtime.process, runtime.clock, { level: "warn" });
  return { ...runtime, log: new JobLog({ ...standard, error() {} }) };
}
