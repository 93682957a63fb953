import assert from "node:assert/strict";
import { test } from "node:test";
import { LeaderEpochs } from "./leader-epochs.ts";

const entries = (...pairs: readonly (readonly [number, number])[]): { epoch: number; startOffset: number }[] =>
  pairs.map(([epoch, startOffset]) => ({ epoch, startOffset }));

/** As after a start on a log that ends at 30. */
function epochs(...earlier: readonly (readonly [number, number])[]): LeaderEpochs {
  const all = new LeaderEpochs();
  all.begin(entries(...earlier), 30);
  return all;
}

test("a start begins the next epoch at the log's end, and drops those without a record", () => {
  assert.deepEqual(epochs([0, 0]).all, entries([0, 0], [1, 30]));
  assert.deepEqual(epochs([0, 0], [1, 10], [2, 30], [3, 50]).all, entries([0, 0], [1, 10], [4, 30]));
  assert.deepEqual(epochs().all, entries([1, 30]));
});

test("an epoch ends where the next one begins, and the present one with the log", () => {
  const all = epochs([0, 0], [3, 10]);
  const endOf = (asked: number): number[] => Object.values(all.endOf(asked, 45));
  assert.deepEqual(endOf(0), [0, 10]);
  assert.deepEqual(endOf(2), [0, 10]);
  assert.deepEqual(endOf(3), [3, 30]);
  assert.deepEqual(endOf(4), [4, 45]);
  assert.deepEqual(endOf(5), [-1, -1]);
  assert.deepEqual(endOf(-1), [-1, -1]);
});

test("epochs whose records are all deleted are forgotten; an earlier one ends where the first begins", () => {
  const all = epochs([0, 0], [1, 10], [2, 20]);
  all.forget(15);
  assert.deepEqual(all.all, entries([1, 15], [2, 20], [3, 30]));
  assert.deepEqual(all.endOf(0, 45), { epoch: 0, endOffset: 15 });
  all.forget(40);
  assert.deepEqual(all.all, entries([3, 40]));
});
