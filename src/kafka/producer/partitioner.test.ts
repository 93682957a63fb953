import assert from "node:assert/strict";
import { test } from "node:test";
import { murmur2 } from "./murmur2.ts";
import { partitionOfKey, StickyPartition } from "./partitioner.ts";

test("murmur2 gives the hashes of Kafka's own test", () => {
  const golden: [string, number][] = [
    ["21", -973932308],
    ["foobar", -790332482],
    ["a-little-bit-long-string", -985981536],
    ["a-little-bit-longer-string", -1486304829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
    ["abc", 479470107],
  ];
  for (const [text, hash] of golden) assert.equal(murmur2(Buffer.from(text)), hash, text);
});

test("a key has the same partition as text and as bytes, ASCII or not, short or long", () => {
  for (const key of ["", "a", "foobar", "ключ", "🙂", "x".repeat(341), "x".repeat(342), "é".repeat(2000)]) {
    assert.equal(partitionOfKey(key, 7), partitionOfKey(Buffer.from(key), 7), key.slice(0, 10));
  }
  assert.equal(partitionOfKey("foobar", 1000), (-790332482 & 0x7fffffff) % 1000);
});

test("records without a key stay with a partition until its batch is closed, then go to the next", () => {
  const sticky = new StickyPartition(3, 1);
  assert.equal(sticky.current, 1);
  sticky.batchClosed(0);
  assert.equal(sticky.current, 1);
  const order = [1, 2, 0, 1].map((partition) => {
    sticky.batchClosed(partition);
    return sticky.current;
  });
  assert.deepEqual(order, [2, 0, 1, 2]);
});
