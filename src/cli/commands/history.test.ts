import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { dstream } from "../../../test/support/dstream.ts";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";

/** What `dstream history` writes to standard error until it serves the page. */
async function toldOf(directory: string): Promise<string> {
  const { code, stdout, stderr } = await dstream(["history", directory, "--port", "0"], {
    onLine: (line, { kill }) => line.includes(" at http://") && kill("SIGTERM"),
  });
  assert.match(stdout, /^0 jobs are at http:\/\/127\.0\.0\.1:\d+\n$/);
  assert.equal(code, 0);
  return stderr;
}

function withFile(t: TestContext, ...path: readonly string[]): string {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, ...path), { recursive: true });
  writeFileSync(join(directory, ...path, "events-1.jsonl"), "");
  return directory;
}

const wanted =
  "the one wanted is that which a job has as its eventLog (dstream run --event-log), above the folders of its runs\n";

test("history says that there are no event logs, or that the folder is one run's, and which is wanted", async (t) => {
  const empty = temporaryDirectory(t);
  assert.equal(await toldOf(empty), `there are no event logs in ${empty}: ${wanted}`);
  const run = withFile(t);
  assert.equal(await toldOf(run), `${run} is the folder of one run: ${wanted}`);
});

test("history names event logs that cannot be read", async (t) => {
  assert.equal(await toldOf(withFile(t, "run-1")), "the event log run-1 cannot be read: it is empty\n");
});
