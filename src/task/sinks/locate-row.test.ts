import assert from "node:assert/strict";
import { test } from "node:test";
import { rowLocator } from "./locate-row.ts";

test("rows are dealt out in turns, from the partition's own number on", () => {
  const targets = (partition: number, rows: number): number[] => {
    const locate = rowLocator({ kind: "in turns", numPartitions: 3 }, 64, partition);
    return Array.from({ length: rows }, () => locate("row"));
  };
  assert.deepEqual(targets(0, 5), [0, 1, 2, 0, 1]);
  assert.deepEqual(targets(4, 4), [1, 2, 0, 1]);
});

test("pairs go where their keys belong, whatever partition they come from", () => {
  const first = rowLocator({ kind: "hash", numPartitions: 5 }, 64, 0);
  const second = rowLocator({ kind: "hash", numPartitions: 5 }, 64, 3);
  const keys = Array.from({ length: 200 }, (_, i) => ({ id: i }));
  assert.deepEqual(
    keys.map((key) => first([key, 1])),
    keys.map((key) => second([{ ...key }, 2])),
  );
  assert.deepEqual([...new Set(keys.map((key) => first([key, 1])))].sort(), [0, 1, 2, 3, 4]);
});
