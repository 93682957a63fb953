import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { crashPoints } from "../runtime/crash-points.ts";
import { expectBatches } from "./expect-batches.ts";
import { type Fault, fail, kill, restart } from "./lives/fault.ts";
import { ManualClock } from "./manual-clock.ts";
import { runBatches } from "./run-batches.ts";
import { type Batches, testJob } from "./test-job.ts";

export const totals = testJob<[string], readonly [string, number]>(import.meta.url, "totals", (_ssc, words) =>
  words.map((word) => [word, 1] as const).updateStateByKey((ones, total = 0) => total + ones.length),
);
export const doubled = testJob<[number], number>(import.meta.url, "doubled", (_ssc, numbers) =>
  numbers.map((n) => n * 2),
);

const expected: [string, number][][] = [[["a", 1]], [["a", 2]], [["a", 2]], [["a", 3]]];
const inputWith = (...faults: Fault[]): [Batches<string>] => [[["a"], ["a"], ...faults, null, ["a"]]];

test("a job that is killed gives each batch once, with the state that it had, in a folder that was not there before", async (t) => {
  const checkpointDir = join(temporaryDirectory(t), "of", "this");
  await expectBatches(totals, inputWith(kill()), expected, { checkpointDir });
  assert.ok(!existsSync(join(checkpointDir, "killed-here")) && existsSync(checkpointDir));
});

test("a job that is stopped goes on on another master and stays there", () =>
  expectBatches(totals, inputWith(restart({ master: "local[2]" })), expected));

test("an attempt that fails is run again, also in a batch without an RDD", () =>
  expectBatches(totals, inputWith(fail()), expected));

test("a fault takes no batch: a run has as many as the longest input has entries of rows or null", async () => {
  const inputs: [Batches<number>] = [[restart(), [1], restart(), fail(), [2]]];
  assert.deepEqual(await runBatches(doubled, inputs), [[2], [4]]);
});

test("a run goes by the clock that it is given, and leaves it at the last batch", async () => {
  const clock = new ManualClock(7_300);
  assert.deepEqual(await runBatches(doubled, [[[1], restart(), [2]]], { clock, batchInterval: 500 }), [[2], [4]]);
  assert.equal(clock.now(), 8_000);
});

test("rows that cannot go to the process that is killed are refused, and leave no process behind", async () => {
  const input = [kill(), [() => 1]] as unknown as Batches<number>;
  await assert.rejects(runBatches(doubled, [input]), { code: "VALUE_NOT_ENCODABLE" });
});

test("a crash point that there is not is refused, with those that there are", () => {
  const message = new RegExp(`kill's point must be one of ${crashPoints.join(", ")}, not after-lunch`);
  assert.throws(() => kill("after-lunch"), { code: "INVALID_OPTION", message });
});

test("a master that there is not, and an option that restart does not have, are refused", () => {
  assert.throws(() => restart({ master: "lokal" }), { code: "INVALID_OPTION", message: /not "lokal"/ });
  assert.throws(() => restart({ mastr: "local" } as object), { code: "UNKNOWN_OPTION", message: /"master"/ });
});

for (const [what, input, message] of [
  [
    "behind the last batch",
    [["a"], kill()],
    /^\[INVALID_OPTION\] the place of kill\(\) must be before one of 1 batches, not before batch 2$/,
  ],
  [
    "that is none",
    [{ fault: "flood" }, ["a"]],
    /input must be an array of rows, null, or a fault, not the unknown fault "flood"$/,
  ],
  [
    "at a point that the batch does not pass",
    [["a"], kill("after-end-txn"), ["a"]],
    /kill\("after-end-txn"\) hit nothing: batch 2000 does not pass this point$/,
  ],
  [
    "in a batch that is committed by then",
    [["a"], kill("after-commit-log"), fail(), ["a"]],
    /fail\(\) hit nothing: batch 2000 /,
  ],
] as const satisfies readonly (readonly [string, Batches<string>, RegExp])[]) {
  test(`a fault ${what} is refused`, async () => {
    await assert.rejects(runBatches(totals, [input]), { code: "INVALID_OPTION", message });
  });
}
