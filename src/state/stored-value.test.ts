import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeSection, encodeSection } from "./files/state-section.ts";
import { readCell, writeCell } from "./sorted/cell.ts";
import { ByteSink } from "./sorted/write/byte-sink.ts";
import { store } from "./stored-value.ts";

test("a text cut in the middle of a character is refused, since it would be another after a restart", () => {
  assert.throws(() => store("ab😀".slice(0, 3)), { code: "VALUE_NOT_ENCODABLE", message: /half of a surrogate pair/ });
});

test("texts and −0 are the same in memory, on disk and after a restart", () => {
  for (const value of ["ab😀", -0]) {
    const stored = store(value);
    const sink = new ByteSink();
    writeCell(sink, stored);
    assert.ok(Object.is(readCell(sink.bytes, 0, sink.length), value));
    for (const values of [[stored], [stored, 1], [stored, "a"]]) {
      const [ranks, keys] = [values.map((_, i) => i), values.map((_, i) => i)];
      assert.deepStrictEqual(decodeSection(encodeSection({ ranks, keys, values, removed: [] })).values, values);
    }
  }
});
