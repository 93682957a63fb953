import assert from "node:assert/strict";
import { test } from "node:test";
import { UnreadBytes } from "./unread-bytes.ts";

test("beyond the limit the first goes on, the others wait until there is room", async () => {
  const unread = new UnreadBytes(100);
  const order: string[] = [];
  const grow = (holder: object, name: string, bytes: number): Promise<void> =>
    unread.grow(holder, bytes, () => order.push(`${name} gave up`)).then(() => void order.push(`${name} ${bytes}`));
  const [a, b, c] = [{}, {}, {}];
  await Promise.all([grow(a, "a", 40), grow(b, "b", 40)]);
  const waiting = [grow(b, "b", 80), grow(c, "c", 10)];
  await grow(a, "a", 90);
  assert.deepEqual(order, ["a 40", "b 40", "a 90"]);
  unread.finish(a);
  await waiting[0];
  assert.deepEqual(order.slice(3), ["b 80"]);
  unread.release(a);
  await waiting[1];
  assert.deepEqual(order.slice(4), ["c 10"]);
});

test("one that keeps the others waiting gives up after a second, those that are whole do not", async () => {
  const unread = new UnreadBytes(100);
  const gaveUp: string[] = [];
  const [whole, slow, next] = [{}, {}, {}];
  await unread.grow(whole, 50, () => gaveUp.push("whole"));
  unread.finish(whole);
  await unread.grow(slow, 40, () => gaveUp.push("slow"));
  const since = performance.now();
  await unread.grow(next, 50, () => gaveUp.push("next"));
  assert.ok(performance.now() - since > 900);
  assert.deepEqual(gaveUp, ["slow"]);
  unread.release(whole);
  await unread.grow(next, 100, () => gaveUp.push("next"));
  assert.deepEqual(gaveUp, ["slow"]);
});
