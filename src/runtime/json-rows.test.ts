import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJsonRow } from "./json-rows.ts";

const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

test("JSON that can be a row is what JSON.parse gives", () => {
  for (const text of [
    '{"a":[1,null,"ä\\u00e4"]}',
    '"__proto__"',
    "[]",
    nested(256),
    `{"a":"${"x".repeat(1_000)}"}`,
    '"\\ud83d\\ude00"',
    "-0",
  ]) {
    assert.deepEqual(parseJsonRow(text), JSON.parse(text), text);
  }
});

test("JSON that could not leave its task is refused, however it is written", () => {
  const halves = ['"\\ud800"', '{"a":["\\uDC00\\uD800"]}', '{"a":{"\\ud83d":1}}'];
  const texts = [
    ...halves,
    '{"n":2,"__proto__":{"n":3}}',
    '{"n":[{"\\u005f_proto__":1}]}',
    nested(257),
    nested(100_000),
  ];
  for (const text of texts) assert.throws(() => parseJsonRow(text), RangeError, text.slice(0, 40));
  assert.throws(() => parseJsonRow("{"), SyntaxError);
});
