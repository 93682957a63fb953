import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteSink } from "./sorted/byte-sink.ts";
import { readCell, writeCell } from "./sorted/cell.ts";
import { decodeSection, encodeSection } from "./state-section.ts";
import { store } from "./stored-value.ts";

test("a text cut in the middle of a character is the same in memory, on disk and behind a restart", () => {
  const stored = store("ab😀".slice(0, 3));
  const sink = new ByteSink();
  writeCell(sink, stored);
  assert.equal(readCell(sink.bytes, 0, sink.length), stored);
  for (const values of [[stored], [stored, 1]]) {
    const [ranks, keys] = [values.map((_, i) => i), values.map((_, i) => i)];
    assert.deepEqual(decodeSection(encodeSection({ ranks, keys, values, removed: [] })).values, values);
  }
  assert.equal(stored, "ab\ufffd");
});
