import assert from "node:assert/strict";
import { test } from "node:test";
import { murmur3 } from "../bytes/murmur3.ts";
import { canonicalBytes } from "./canonical-bytes.ts";
import { hashKey } from "./hash-key.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const same = (a: unknown, b: unknown): boolean => Buffer.compare(canonicalBytes(a), canonicalBytes(b)) === 0;

test("murmur3 gives the values known for the 32-bit x86 variant", () => {
  assert.equal(murmur3(bytes(""), 0), 0);
  assert.equal(murmur3(bytes(""), 1), 0x514e28b7);
  assert.equal(murmur3(bytes("test"), 0x9747b28c), 0x704b81dc);
  assert.equal(murmur3(bytes("Hello, world!"), 0x9747b28c), 0x24884cba);
  assert.equal(murmur3(bytes("The quick brown fox jumps over the lazy dog"), 0x9747b28c), 0x2fa826cd);
});

test("a key's hash is murmur3 of its canonical bytes with seed 42, for text by the short way, too", () => {
  const keys = [
    "",
    "a",
    "ab",
    "abc",
    "abcd",
    "abcdefgh",
    "größer",
    "日本",
    0,
    1.5,
    -1,
    true,
    null,
    10n,
    [1, "a"],
    { a: 1 },
  ];
  for (const key of keys) assert.equal(hashKey(key), murmur3(canonicalBytes(key), 42), String(key));
});

test("canonical bytes are a tag and the value", () => {
  assert.deepEqual([...canonicalBytes("ab")], [4, 97, 98]);
  assert.deepEqual([...canonicalBytes(1)], [3, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual([...canonicalBytes(null)], [0]);
});

test("equal values have equal bytes: −0 and 0, NaN, dates by time, objects whatever their order", () => {
  assert.ok(same(-0, 0));
  assert.ok(same(Number.NaN, 0 / 0));
  assert.ok(same(new Date(5), new Date(5)));
  assert.ok(same({ a: 1, b: [2] }, { b: [2], a: 1 }));
});

test("different values have different bytes, also where their parts read alike", () => {
  for (const [a, b] of [
    ["1", 1],
    [1, 1n],
    [null, false],
    [
      ["ab", "c"],
      ["a", "bc"],
    ],
    [[[1], 2], [[1, 2]]],
    [{ a: 1 }, { a: undefined }],
    [{}, []],
  ])
    assert.ok(!same(a, b));
});

test("what has no value to compare by is no key", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  for (const key of [undefined, () => 1, Symbol("s"), new Map(), cycle, "\ud800"]) {
    assert.throws(() => hashKey(key), { code: "KEY_NOT_CANONICAL" });
  }
});
