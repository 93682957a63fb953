import assert from "node:assert/strict";
import { test } from "node:test";
import { runBatches } from "./run-batches.ts";
import { testJob } from "./test-job.ts";

// A test file may export the jobs that it tests: workers import it, and its tests run in the driver only.
export const doubled = testJob<[number], number>(import.meta.url, "doubled", (_ssc, input) => input.map((n) => 2 * n));
const unexported = testJob<[number], number>(import.meta.url, "unexported", (_ssc, input) => input);

test("batches come back in order, each once, with nothing for those without an RDD", async () => {
  for (const master of ["local", "local[2]"]) {
    assert.deepEqual(await runBatches(doubled, [[[1], null, [], [2, 3]]], { master, numBatches: 5 }), [
      [2],
      [],
      [],
      [4, 6],
      [],
    ]);
  }
});

test("a job that workers cannot find ends the run, which says so", async () => {
  await assert.rejects(runBatches(unexported, [[[1]]], { master: "local[1]" }), {
    code: "GRAPH_MISMATCH",
    message: /the module of test job "unexported" does not export it at top level/,
  });
});

test("a module that awaits a run at its top level is refused instead of waiting for itself", async () => {
  await assert.rejects(import("../../test/unit/jobs/tests-at-top-level.ts"), {
    code: "GRAPH_MISMATCH",
    message: /tests-at-top-level\.ts awaits a test at its top level/,
  });
});
