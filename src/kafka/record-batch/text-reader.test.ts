import assert from "node:assert/strict";
import { test } from "node:test";
import { TextReader } from "./text-reader.ts";

test("short and long, ASCII and other texts come out as they went in, in any order", () => {
  const texts = ["", "a", "twelve chars", "thirteen char", "é", "naïve", "日本語", "🙂", "x".repeat(5_000), "end"];
  const many = Array.from({ length: 2_000 }, (_, i) => texts[(i * 7) % texts.length] as string);
  const bytes = Buffer.from(many.join(""));
  let at = 0;
  const places = many.map((text) => {
    const length = Buffer.byteLength(text);
    at += length;
    return { text, start: at - length, length };
  });
  const reader = new TextReader();
  for (const { text, start, length } of [...places, ...places.toReversed()]) {
    assert.equal(reader.read(bytes, start, length), text);
  }
});

test("each buffer's bytes count, not those of the one before", () => {
  const reader = new TextReader();
  assert.equal(reader.read(Buffer.from("abc"), 0, 3), "abc");
  assert.equal(reader.read(Buffer.from("xyz"), 0, 3), "xyz");
});

test("damaged sequences become U+FFFD", () => {
  assert.equal(new TextReader().read(Buffer.from([0x61, 0xff, 0x62]), 0, 3), "a\ufffdb");
});
