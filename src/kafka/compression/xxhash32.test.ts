import assert from "node:assert/strict";
import { test } from "node:test";
import { xxhash32 } from "./xxhash32.ts";

test("the 32-bit xxHash is that of its specification, for short and long inputs", () => {
  for (const [text, hash] of [
    ["", 0x02cc5d05],
    ["a", 0x550d7456],
    ["abc", 0x32d153ff],
    ["Nobody inspects the spammish repetition", 0xe2293b2f],
  ] as const)
    assert.equal(xxhash32(Buffer.from(text)), hash, text);
});
