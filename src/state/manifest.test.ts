import assert from "node:assert/strict";
import { test } from "node:test";
import type { StateFile, StateFileKind } from "./files/state-file.ts";
import { acceptFiles, emptyManifest, filesOf, sliceOf } from "./manifest.ts";

function file(id: string, kind: StateFileKind, from: number, until: number, operator = "sum"): StateFile {
  return { id, kind, operator, time: 1, buckets: 8, from, until, length: 1, crc: 1 };
}

/** "0-4:a+b" for each part. */
function text(manifest: ReturnType<typeof acceptFiles>): string[] {
  return manifest.flatMap(({ parts }) =>
    parts.map(({ from, until, chain }) => `${from}-${until}:${chain.map(({ id }) => id).join("+")}`),
  );
}

test("deltas are appended to their buckets and a snapshot takes the place of all", () => {
  const first = acceptFiles(emptyManifest, [file("a", "snapshot", 0, 4), file("b", "snapshot", 4, 8)]);
  assert.deepEqual(text(first), ["0-4:a", "4-8:b"]);
  const second = acceptFiles(first, [file("c", "delta", 0, 4)]);
  assert.deepEqual(text(second), ["0-4:a+c", "4-8:b"]);
  const third = acceptFiles(second, [file("d", "snapshot", 0, 4)]);
  assert.deepEqual(text(third), ["0-4:d", "4-8:b"]);
  assert.deepEqual([...filesOf(third).keys()], ["d", "b"]);
  assert.deepEqual(text(first), ["0-4:a", "4-8:b"]);
});

test("a file of other buckets than those before cuts the parts, and equal neighbours become one", () => {
  const two = acceptFiles(emptyManifest, [file("a", "snapshot", 0, 4), file("b", "snapshot", 4, 8)]);
  const three = acceptFiles(two, [file("c", "delta", 3, 6)]);
  assert.deepEqual(text(three), ["0-3:a", "3-4:a+c", "4-6:b+c", "6-8:b"]);
  assert.deepEqual(text(acceptFiles(three, [file("d", "snapshot", 3, 6)])), ["0-3:a", "3-6:d", "6-8:b"]);
  assert.deepEqual(text(acceptFiles(three, [file("e", "snapshot", 0, 8)])), ["0-8:e"]);
});

test("of several attempts that report the same buckets the first counts", () => {
  const next = acceptFiles(emptyManifest, [file("a", "snapshot", 0, 8), file("again", "snapshot", 0, 8)]);
  assert.deepEqual(text(next), ["0-8:a"]);
});

test("operators do not mix", () => {
  const next = acceptFiles(emptyManifest, [file("a", "snapshot", 0, 8), file("b", "snapshot", 0, 8, "other")]);
  assert.deepEqual(
    next.map(({ operator, parts }) => [operator, parts[0]?.chain[0]?.id]),
    [
      ["sum", "a"],
      ["other", "b"],
    ],
  );
});

test("a slice has the parts of its buckets only, and empty ones where there is no state yet", () => {
  const manifest = acceptFiles(emptyManifest, [file("a", "snapshot", 0, 4), file("b", "snapshot", 4, 8)]);
  const { parts } = sliceOf(manifest, "sum", 8, 2, 5);
  assert.deepEqual(
    parts.map(({ from, until, chain }) => [from, until, chain[0]?.id]),
    [
      [2, 4, "a"],
      [4, 5, "b"],
    ],
  );
  assert.deepEqual(sliceOf(emptyManifest, "sum", 8, 2, 5).parts, [{ from: 2, until: 5, chain: [] }]);
});
