import assert from "node:assert/strict";
import { test } from "node:test";
import { type Stay, writtenInOneRun, writtenOnTheMove } from "../support/exactly-once/moving-job.ts";

// One checkpoint, from one task at a time to two, three and back: state of all kinds, windows, and exactly-once output come out as from one run.

const masters = ["local", "local[2]", "local[3]", "local"];
const stays: Readonly<Record<string, (master: string) => Stay>> = {
  "in good order": (master) => ({ master, batches: 2 }),
  "with a batch that crashed before its commit, and is run again by others": (master) => ({
    master,
    batches: 2,
    crash: "after-manifest",
  }),
  "with a batch that crashed behind its transaction": (master) => ({ master, batches: 2, crash: "after-commit-log" }),
};

for (const [how, stay] of Object.entries(stays)) {
  test(`parallelism 1, 2, 3, 1 over restarts, ${how}, writes what one run writes`, async (t) => {
    const expected = await writtenInOneRun(t);
    assert.deepEqual(await writtenOnTheMove(t, masters.map(stay)), expected);
  });
}
