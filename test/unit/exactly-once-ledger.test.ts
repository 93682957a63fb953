import assert from "node:assert/strict";
import { test } from "node:test";
import { compare, exact, wrongTotals } from "../support/exactly-once/ledger.ts";

const entry = (text: string): { key: string; value: string } => {
  const [key = "", value = ""] = text.split("=");
  return { key, value };
};
const input = ["a=1", "b=1", "a=2", "a=3"].map(entry);

test("what came out once and in order for each key is exact, however the keys are mixed", () => {
  assert.deepEqual(compare(input, ["b=1", "a=1", "a=2", "a=3"].map(entry)), exact);
});

test("each kind of fault is counted", () => {
  const output = ["a=2", "a=2", "a=1", "c=1"].map(entry);
  assert.deepEqual(compare(input, output), { lost: 2, duplicated: 1, foreign: 1, outOfOrder: 1 });
});

const total = (key: string, sum: number, added: number): { key: string; value: string } => {
  return { key, value: JSON.stringify({ total: sum, added }) };
};

test("totals that add up to the records of each key are right", () => {
  assert.deepEqual(wrongTotals(input, [total("a", 2, 2), total("b", 1, 1), total("a", 3, 1)]), []);
});

test("a batch that counts twice, is missing, or did not see the state before it shows in the totals", () => {
  assert.deepEqual(wrongTotals(input, [total("a", 2, 2), total("a", 2, 2), total("a", 3, 1)]), [
    "a: 2 + 2 is not 2",
    "b: ends with 0 of 1",
  ]);
  assert.deepEqual(wrongTotals(input, [total("a", 2, 2), total("a", 1, 1), total("b", 1, 1)]), ["a: 2 + 1 is not 1"]);
});
