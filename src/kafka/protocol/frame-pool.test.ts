import assert from "node:assert/strict";
import { test } from "node:test";
import { FramePool } from "./frame-pool.ts";

const mib = 1024 * 1024;

test("memory that was given back is lent again to a frame that fits", () => {
  const pool = new FramePool();
  const first = pool.take(2 * mib);
  const second = pool.take(2 * mib);
  assert.notEqual(first.buffer, second.buffer);
  pool.give(first.subarray(100, 200));
  const third = pool.take(2 * mib - 1000);
  assert.deepEqual([third.buffer === first.buffer, third.length], [true, 2 * mib - 1000]);
  assert.notEqual(pool.take(1 * mib).buffer, first.buffer);
});

test("the smallest memory that is large enough is taken", () => {
  const pool = new FramePool();
  const [large, small, tiny] = [pool.take(4 * mib), pool.take(2 * mib), pool.take(1 * mib)];
  for (const frame of [large, small, tiny]) pool.give(frame);
  assert.equal(pool.take(2 * mib).buffer, small.buffer);
});

test("memory that is given back twice is lent once, and memory of others never", () => {
  const pool = new FramePool();
  const frame = pool.take(mib);
  pool.give(frame);
  pool.give(frame);
  assert.equal(pool.take(mib).buffer, frame.buffer);
  assert.notEqual(pool.take(mib).buffer, frame.buffer);
  const foreign = Buffer.alloc(mib);
  pool.give(foreign);
  assert.notEqual(pool.take(mib).buffer, foreign.buffer);
});

test("no more is kept than the limit: the smallest is let go first, and what is larger by itself at once", () => {
  const pool = new FramePool(4 * mib);
  const [small, middle, large] = [pool.take(mib), pool.take(2 * mib), pool.take(5 * mib)];
  const other = pool.take(2 * mib);
  for (const frame of [small, middle, large, other]) pool.give(frame);
  assert.notEqual(pool.take(5 * mib).buffer, large.buffer);
  assert.deepEqual(new Set([pool.take(mib).buffer, pool.take(mib).buffer]), new Set([middle.buffer, other.buffer]));
  assert.notEqual(pool.take(mib).buffer, small.buffer);
});
