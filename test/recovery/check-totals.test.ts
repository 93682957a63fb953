import assert from "node:assert/strict";
import { test } from "node:test";
import { faultsOfTotals } from "./check-totals.ts";
import type { Total } from "./counting-spec.ts";

// The checker itself: it has to find each kind of fault.

const counts = new Map([
  ["a", 3],
  ["b", 1],
]);
const right: Total[] = [
  { time: 1, key: "a", total: 2 },
  { time: 2, key: "a", total: 3 },
  { time: 2, key: "b", total: 1 },
];

test("totals that go up to the counts are right, also where a batch was sent again", () => {
  assert.deepEqual(faultsOfTotals(right, counts), []);
  assert.deepEqual(faultsOfTotals([...right, ...right], counts), []);
});

test("each fault is found", () => {
  const faults = (...totals: Total[]): string[] => faultsOfTotals(totals, counts);
  assert.deepEqual(faults(...right, { time: 2, key: "a", total: 4 }), [
    "batch 2 has 3 and 4 for a",
    "a ends with 4, not 3",
  ]);
  assert.deepEqual(faults(...right.slice(0, 2)), ["b ends with undefined, not 1"]);
  assert.deepEqual(faults(...right, { time: 3, key: "a", total: 3 }), [
    "b had 1 before batch 3 and has undefined in it",
    "b ends with undefined, not 1",
  ]);
  assert.deepEqual(faults(...right, { time: 3, key: "a", total: 2 }, { time: 3, key: "b", total: 1 }), [
    "a had 3 before batch 3 and has 2 in it",
    "a ends with 2, not 3",
  ]);
  assert.deepEqual(faults(...right, { time: 2, key: "c", total: 1 }), ["c ends with 1, not undefined"]);
});
