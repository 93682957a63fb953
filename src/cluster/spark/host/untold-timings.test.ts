import assert from "node:assert/strict";
import { test } from "node:test";
import { UntoldTimings } from "./untold-timings.ts";

const timing = { start: 1, ms: 2, time: { fetch: 1, functions: 1, exchange: 0, state: 0, sink: 0 } };
const task = (stage: number, index: number) => ({ stage, index, reads: [], rows: {}, edges: {}, timing });

test("times are told once, with those of earlier stages of the batch", () => {
  const timings = new UntoldTimings();
  timings.begin({ batchTime: 1_000, attempt: 0 });
  timings.add(task(0, 3));
  timings.begin({ batchTime: 1_000, attempt: 0 });
  timings.add(task(1, 0));
  const told = [
    { stage: 0, index: 3, timing },
    { stage: 1, index: 0, timing },
  ];
  assert.deepEqual([timings.take(), timings.take()], [told, []]);
});

for (const next of [
  { batchTime: 2_000, attempt: 0 },
  { batchTime: 1_000, attempt: 1 },
]) {
  test(`what was not told of a batch is forgotten in attempt ${next.attempt} at batch ${next.batchTime}`, () => {
    const timings = new UntoldTimings();
    timings.begin({ batchTime: 1_000, attempt: 0 });
    timings.add(task(0, 3));
    timings.begin(next);
    assert.deepEqual(timings.take(), []);
  });
}
