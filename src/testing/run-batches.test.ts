import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import type { StateQuery } from "../streaming/keyed/state-query.ts";
import { expectBatches } from "./expect-batches.ts";
import { fail, kill } from "./lives/fault.ts";
import { ManualClock } from "./manual-clock.ts";
import { runBatches } from "./run-batches.ts";
import { type RunOptions, testJob } from "./test-job.ts";

// A test file may export the jobs that it tests: workers import it, and its tests run in the driver only.
export const doubled = testJob<[number], number>(import.meta.url, "doubled", (_ssc, input) => input.map((n) => 2 * n));
const unexported = testJob<[number], number>(import.meta.url, "unexported", (_ssc, input) => input);
export const onlyFirst = testJob<[number, number], number>(import.meta.url, "only the first", (_ssc, first, second) => {
  second.map((n) => n + 1);
  return first;
});

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

test("to expect fewer batches than the inputs have leaves input unlooked at, and is refused", async () => {
  const refused = {
    code: "INVALID_OPTION",
    message: /number of batches must be at least 3, .* unlooked at, not [12]$/,
  };
  await assert.rejects(expectBatches(doubled, [[[1], [2], [3]]], [[2], [4]]), refused);
  await assert.rejects(expectBatches(doubled, [[[1], [2], null]], [[2], [4]]), refused);
  assert.deepEqual(await runBatches(doubled, [[[1], [2], [3]]], { numBatches: 1 }), [[2]]);
  const more = {
    code: "INVALID_OPTION",
    message: /numBatches must be at least 2, the number of batches that are expected, not 1/,
  };
  await assert.rejects(expectBatches(doubled, [[[1]]], [[2], []], { numBatches: 1 }), more);
  await expectBatches(doubled, [[[1]]], [[2], [], []]);
  await expectBatches(doubled, [[[1], [2]]], [[2], [4]], { numBatches: 3 });
  await assert.rejects(expectBatches(doubled, [[[1], [2]]], [[2]], { numBatches: 2 }), { code: "ERR_ASSERTION" });
});

test("an input with rows that no output reads is refused", async () => {
  const refused = {
    code: "INVALID_OPTION",
    message: /^\[\w+\] input 2 of test job "only the first" must be read by its build, /,
  };
  await assert.rejects(expectBatches(onlyFirst, [[[1]], [[5]]], [[1]]), refused);
  await assert.rejects(runBatches(doubled, [[[1]], [[5]]] as never), { code: "INVALID_OPTION", message: /input 2 of/ });
  await expectBatches(onlyFirst, [[[1]], [[], null]], [[1], []]);
});

test("batches that the checkpoint knows already would not run, and are refused; a later clock goes on", async (t) => {
  const checkpointDir = temporaryDirectory(t);
  await expectBatches(doubled, [[[1], [2]]], [[2], [4]], { checkpointDir });
  await assert.rejects(expectBatches(doubled, [[[], []]], [[], []], { checkpointDir }), {
    code: "INVALID_OPTION",
    message: /clock must be one that starts at 2000 or later: .* not one at 0/,
  });
  await expectBatches(doubled, [[[3]]], [[6]], { checkpointDir, clock: new ManualClock(2_000) });
});

export const visits = testJob<[string], readonly [string, number]>(import.meta.url, "visits", (_ssc, pages) => {
  const pairs = pages.map((page) => [page, 1] as const);
  pairs
    .window(2_000)
    .name("panes")
    .foreachRDD(() => {});
  return pairs.updateStateByKey<number>((ones, total = 0) => total + ones.length, { name: "totals" });
});

/** What `afterBatch` was shown: the batch's time, its entries, and the state of a key. */
function seenIn(seen: unknown[]): NonNullable<RunOptions["afterBatch"]> {
  return async ({ time, queryState }) => {
    const totals = queryState<string, number>("totals");
    const entries: (readonly [string, number])[] = [];
    for await (const entry of totals.entries()) entries.push(entry);
    seen.push([time, entries.sort(), await totals.get("help")]);
  };
}
const states = [
  [1_000, [["home", 1]], undefined],
  [
    2_000,
    [
      ["help", 1],
      ["home", 2],
    ],
    1,
  ],
  [
    3_000,
    [
      ["help", 1],
      ["home", 2],
    ],
    1,
  ],
  [
    4_000,
    [
      ["help", 2],
      ["home", 2],
    ],
    2,
  ],
];

test("the state that each batch left can be looked at before the next one", async () => {
  const seen: unknown[] = [];
  await runBatches(visits, [[["home"], ["home", "help"], [], ["help"]]], { afterBatch: seenIn(seen) });
  assert.deepEqual(seen, states);
});

test("with faults the state of each batch is shown once", async () => {
  const seen: unknown[] = [];
  const input = [["home"], fail(), kill(), ["home", "help"], kill("after-commit-log"), [], ["help"]];
  await runBatches(visits, [input], { afterBatch: seenIn(seen) });
  assert.deepEqual(seen, states);
});

test("a folder's earlier batches are not shown again, and what a look throws ends the run, in a life that is killed, too", async (t) => {
  const checkpointDir = temporaryDirectory(t);
  await runBatches(visits, [[["home"], ["home", "help"]]], { checkpointDir });
  const seen: unknown[] = [];
  const [clock, numBatches] = [new ManualClock(2_000), 2];
  await runBatches(visits, [[[], ["help"]]], { checkpointDir, clock, numBatches, afterBatch: seenIn(seen) });
  assert.deepEqual(seen, states.slice(2));
  for (const entries of [
    [["home"], []],
    [["home"], kill(), []],
  ] as const) {
    const afterBatch = () => assert.fail("seen enough");
    await assert.rejects(runBatches(visits, [entries], { afterBatch }), { message: "seen enough" });
  }
});

test("a look at what no operator has, and one that comes too late, are refused", async () => {
  let query: StateQuery<unknown, unknown> | undefined;
  await runBatches(visits, [[["home"]]], {
    afterBatch({ queryState }) {
      assert.throws(() => queryState("panes"), { code: "STATE_OPERATOR_MISSING", message: /there is "totals"$/ });
      query = queryState("totals");
    },
  });
  await assert.rejects(async () => query?.get("home"), {
    code: "ILLEGAL_STATE",
    message: /until afterBatch has ended/,
  });
  await assert.rejects(runBatches(visits, [[[]]], { afterBatch: 1 as never }), { code: "INVALID_OPTION" });
});
