import assert from "node:assert/strict";
import { test } from "node:test";
import { cellEnd, isNone, readCell, writeCell } from "./cell.ts";
import { ByteSink } from "./write/byte-sink.ts";

const texts = [
  "",
  "a",
  "é",
  "a".repeat(40),
  "a".repeat(41),
  "ü".repeat(127),
  "a".repeat(254),
  "a".repeat(255),
  "€".repeat(90_000),
];
const numbers = [0, -0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 0.5, Number.NaN, Number.NEGATIVE_INFINITY, 2 ** 53];
const bytes = [0, 1, 254, 255, 256, 70_000].map((length) => new Uint8Array(length).fill(length));
const others = [null, true, false, 5n, [1, "x"], { a: { b: null } }, new Date(7)];
const values: readonly unknown[] = [...texts, ...numbers, ...bytes, ...others, undefined];

test("cells one after the other are read as they were written, and skipped without being read", () => {
  const sink = new ByteSink();
  for (const value of values) writeCell(sink, value);
  let at = 0;
  for (const value of values) {
    const end = cellEnd(sink.bytes, at);
    assert.deepEqual(readCell(sink.bytes, at, end), value);
    assert.equal(isNone(sink.bytes, at), value === undefined);
    at = end;
  }
  assert.equal(at, sink.length);
});
