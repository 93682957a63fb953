import assert from "node:assert/strict";
import { test } from "node:test";
import { runAlone } from "./run-alone.ts";
import { specOf } from "./run-spec.ts";

for (const brokers of [1, 3] as const) {
  test(`a seed gives the same run again, event by event, with brokers: ${brokers}`, async () => {
    for (const seed of [7, 8]) {
      const spec = specOf(seed, brokers);
      const [first, second] = [await runAlone(spec, true), await runAlone(spec, true)];
      assert.deepEqual(second, first);
      assert.equal(first.finding, undefined);
      assert.ok(first.batches >= 5 && first.faults >= 5, `${first.batches} batches, ${first.faults} faults`);
    }
  });
}

test("another seed gives another run", async () => {
  const traces = new Set<number>();
  for (const seed of [1, 2, 3]) traces.add((await runAlone(specOf(seed))).trace);
  assert.equal(traces.size, 3);
});
