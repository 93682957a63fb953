import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { RecordedLog } from "../../../test/support/recorded-log.ts";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import type { JobDescription } from "../job-description.ts";
import { EventLog } from "./event-log.ts";

const job: JobDescription = {
  ...{ id: "job-1", appName: "words", master: "local", version: "1.0.0", startTime: 1_000, batchInterval: 1_000 },
  ...{ inputs: [], operators: [], outputs: [], configuration: {} },
};
const before = { completed: 0, failed: 0, retries: 0, records: 0 };

function open(directory: string): Promise<EventLog> {
  return EventLog.open(directory, {
    jobId: job.id,
    log: new RecordedLog().log,
    head: () => ({ event: "job", job, before }),
  });
}

test("a folder that cannot be made, a file in its place or /proc, is said at once", { timeout: 10_000 }, async (t) => {
  const file = join(temporaryDirectory(t), "file");
  writeFileSync(file, "");
  await assert.rejects(open(join(file, "logs")), { code: "EVENT_LOG_UNAVAILABLE" });
  if (existsSync("/proc/self")) await assert.rejects(open("/proc/none"), { code: "EVENT_LOG_UNAVAILABLE" });
});
