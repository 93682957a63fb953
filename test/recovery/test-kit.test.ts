import assert from "node:assert/strict";
import { test } from "node:test";
import { type Batches, expectBatches, type Fault, fail, kill, runBatches, testJob } from "dstream/testing";
import { crashPoints } from "../../src/runtime/crash-points.ts";

// Faults of the test kit at every step of the commit protocol that a job without a transaction has.

export const totals = testJob<[string], readonly [string, number]>(import.meta.url, "totals", (_ssc, words) =>
  words.map((word) => [word, 1] as const).updateStateByKey((ones, total = 0) => total + ones.length),
);
const expected: [string, number][][] = [[["a", 1]], [["a", 2]], [["a", 3]], [["a", 4]], [["a", 4]]];
const inputWith = (...faults: Fault[]): [Batches<string>] => [[["a"], ["a"], ["a"], ...faults, ["a"], []]];
const passed = crashPoints.filter((point) => !/produce|txn/.test(point));

for (const master of ["local", "local[2]"]) {
  for (const point of passed.filter((each) => each !== "in-cleanup")) {
    test(`killed at ${point} on ${master}, a job gives each batch once`, () =>
      expectBatches(totals, inputWith(kill(point)), expected, { master }));
  }
}

test("killed three times in one batch, a job gives it once", () =>
  expectBatches(totals, inputWith(kill("in-level-0"), kill("after-offset-log"), kill()), expected));

test("an attempt that fails once more than a batch is run again ends the job with the fault's message", async () => {
  const faults = [1, 2, 3, 4].map((n) => fail(`failure ${n}`));
  await assert.rejects(runBatches(totals, inputWith(...faults)), {
    code: "USER_FUNCTION_FAILED",
    message: "[USER_FUNCTION_FAILED] failure 4",
    data: { batchTime: 4_000 },
  });
});
