import assert from "node:assert/strict";
import { test } from "node:test";
import { placementKeys } from "./placement-keys.ts";

test("the keys are those that Spark's own hash brings to each partition", () => {
  // Spark's pmod(hash(id), n) of 0, 1, 2, …: modulo 2 it is 1, 1, 0, …; modulo 3 the first 2 is that of 11.
  assert.deepEqual([...placementKeys(2)], [2, 0]);
  assert.deepEqual([...placementKeys(3)], [0, 1, 11]);
});

test("there is a key for every partition, and none twice", () => {
  for (const numPartitions of [1, 2, 3, 64, 200, 997, 3_000]) {
    const keys = placementKeys(numPartitions);
    assert.equal(keys.length, numPartitions);
    assert.equal(new Set(keys).size, numPartitions);
  }
  assert.deepEqual([...placementKeys(0)], []);
});
