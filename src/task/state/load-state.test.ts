import assert from "node:assert/strict";
import { test } from "node:test";
import { loadState } from "./load-state.ts";
import { storeMapped } from "./mapped-state.ts";
import { storeState } from "./store-state.ts";

test("a state is what it was before it was stored, by either operator, whatever the time", () => {
  const many = Array.from({ length: 70_000 }, (_, i) => i);
  const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, i]));
  const states = [
    ...[0, -0, 1.5, 7, 200, "", "a", true, false, null, 10n, Number.NaN],
    ...[{}, { a: 1 }, fields(15), fields(16), fields(70_000), [], [1], many.slice(0, 15), many.slice(0, 16), many],
    ...[new Map([[1, { a: [2] }]]), new Set([1]), new Date(0), new Date(-1), new Date(2 ** 40), /a/g, [-0]],
    ...[Uint8Array.of(), Uint8Array.of(0x41), new Uint8Array(300), new Uint8Array(70_000), new Float64Array([1, 2])],
  ];
  const times = [1_000, 0, 1, -1, -1_000, 1_759_000_000_000, -1_759_000_000_000, 2 ** 48, -(2 ** 48)];
  for (const state of states) assert.deepEqual(loadState(storeState(state, "key")), state);
  for (const time of times) {
    for (const state of [...states.slice(0, 14), [1]])
      assert.deepEqual(loadState(storeMapped(state, time, "key")), state);
  }
  assert.deepEqual(loadState(storeMapped(undefined, 1_000, "key")), undefined);
});
