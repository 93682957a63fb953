import assert from "node:assert/strict";
import { test } from "node:test";
import { LineSplitter } from "./line-splitter.ts";

function split(bytes: Uint8Array, size: number): string[] {
  const splitter = new LineSplitter("the test", 100);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += size) lines.push(...splitter.push(bytes.subarray(at, at + size)));
  return [...lines, ...splitter.end()];
}

for (const [text, lines] of [
  ["", []],
  ["a", ["a"]],
  ["a\n", ["a"]],
  ["a\nb", ["a", "b"]],
  ["\n\n", ["", ""]],
  ["a\r\nb\rc\n\rd\r\r\n", ["a", "b", "c", "", "d", ""]],
  ["grün\n€uro\n😀", ["grün", "€uro", "😀"]],
] as const) {
  test(`${JSON.stringify(text)} has the same lines in whatever pieces it comes`, () => {
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.length + 1; size++)
      assert.deepEqual(split(bytes, size), lines, `pieces of ${size}`);
  });
}

test("bytes that are not UTF-8 become replacement characters, also at the end", () => {
  assert.deepEqual(split(Uint8Array.of(0xff, 0x0a, 0xe2, 0x82), 1), ["\ufffd", "\ufffd"]);
});

test("a line that never ends is refused", () => {
  const splitter = new LineSplitter("the test", 3);
  assert.deepEqual(splitter.push(Buffer.from("abc")), []);
  assert.throws(() => splitter.push(Buffer.from("d")), { code: "FRAME_TOO_LARGE", message: /line of the test .* 3 / });
});
