import assert from "node:assert/strict";
import { test } from "node:test";
import { runAlone } from "./run-alone.ts";
import { specOf } from "./run-spec.ts";

test("a seed gives the same run again, event by event", async () => {
  for (const seed of [7, 8]) {
    const [first, second] = [await runAlone(specOf(seed), true), await runAlone(specOf(seed), true)];
    assert.deepEqual(second, first);
    assert.equal(first.finding, undefined);
    assert.ok(first.batches >= 5 && first.faults >= 5, `${first.batches} batches, ${first.faults} faults`);
  }
});

test("another seed gives another run", async () => {
  const traces = new Set<number>();
  for (const seed of [1, 2, 3]) traces.add((await runAlone(specOf(seed))).trace);
  assert.equal(traces.size, 3);
});
