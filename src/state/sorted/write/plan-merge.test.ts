import assert from "node:assert/strict";
import { test } from "node:test";
import type { StateFile, StateFileKind } from "../../files/state-file.ts";
import type { StatePart } from "../../manifest.ts";
import { type MergedSlice, planMerge } from "./plan-merge.ts";

const buckets = 64;

function file(id: string, length: number, kind: StateFileKind = "delta"): StateFile {
  return { id, kind, operator: "sum", time: 1, buckets, from: 0, until: buckets, length, crc: 0 };
}

/** A slice of all buckets whose files have the same bytes in each of the buckets that they are about. */
function slice(
  parts: readonly StatePart[],
  used = Array.from({ length: buckets }, (_, bucket) => bucket),
): MergedSlice {
  return {
    slice: { operator: "sum", buckets, from: 0, until: buckets, parts, isFirst: false },
    bucketsIn: (_chain, from, until) => used.filter((bucket) => bucket >= from && bucket < until),
    bytesIn: ({ length }, from, until) =>
      (length * used.filter((bucket) => bucket >= from && bucket < until).length) / used.length,
  };
}

const deltas = (count: number, length: number): StateFile[] =>
  Array.from({ length: count }, (_, i) => file(`d${i}`, length));
const whole = (chain: readonly StateFile[]): StatePart[] => [{ from: 0, until: buckets, chain }];
const mb = 1 << 20;

test("a small slice is merged as a whole, once it has eight deltas", () => {
  assert.equal(planMerge(slice(whole([file("s", mb, "snapshot"), ...deltas(7, 100)]))), undefined);
  const eight = deltas(8, 100);
  assert.deepEqual(planMerge(slice(whole([file("s", mb, "snapshot"), ...eight]))), {
    from: 0,
    until: 64,
    files: eight,
  });
  const large = [file("s", mb, "snapshot"), ...deltas(2, mb)];
  assert.deepEqual(planMerge(slice(whole(large))), { from: 0, until: 64, files: undefined });
});

test("of a large slice one piece is merged, that with most files", () => {
  const snapshot = file("s", 100 * mb, "snapshot");
  const eight = deltas(8, mb);
  assert.deepEqual(planMerge(slice(whole([snapshot, ...eight]))), { from: 0, until: 8, files: eight });
  const nine = [...eight, file("d8", mb)];
  const parts = [
    { from: 0, until: 8, chain: [snapshot, file("merged", 8 * mb), ...nine.slice(8)] },
    { from: 8, until: 16, chain: [snapshot, ...eight] },
    { from: 16, until: 64, chain: [snapshot, ...nine] },
  ];
  assert.deepEqual(planMerge(slice(parts)), { from: 16, until: 24, files: nine });
});

test("a large slice whose state is in one bucket is one piece", () => {
  const eight = deltas(8, mb);
  const merge = planMerge(slice(whole([file("s", 100 * mb, "snapshot"), ...eight]), [0]));
  assert.deepEqual(merge, { from: 0, until: 64, files: eight });
});

test("parts that have different files, as behind other partitions, become one of everything", () => {
  const parts = [
    { from: 0, until: 32, chain: [file("a", mb, "snapshot"), ...deltas(8, 10)] },
    { from: 32, until: 64, chain: [file("b", mb, "snapshot"), ...deltas(8, 10)] },
  ];
  assert.deepEqual(planMerge(slice(parts)), { from: 0, until: 64, files: undefined });
});
