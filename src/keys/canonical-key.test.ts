import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalBytes } from "./canonical-bytes.ts";
import { canonicalKey } from "./canonical-key.ts";
import { hashKey } from "./hash-key.ts";
import { KeyMap } from "./key-map.ts";

test("−0 is 0 at any depth, and a key without it is the key itself", () => {
  const key = [-0, { a: [-0], b: -0 }];
  assert.deepStrictEqual(canonicalKey(key), [0, { a: [0], b: 0 }]);
  assert.deepStrictEqual(key, [-0, { a: [-0], b: -0 }]);
  assert.deepEqual(canonicalBytes(key), canonicalBytes(canonicalKey(key)));
  for (const same of [0, "a", 1n, true, null, Number.NaN, new Date(5), Buffer.from("a"), [0, { a: [undefined] }]]) {
    assert.ok(Object.is(canonicalKey(same), same));
  }
  assert.ok(Object.is(canonicalKey(-0), 0));
});

test("what is no key is refused wherever one is looked at", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  const holes = Object.assign([1], { 2: 2 });
  const keys = [undefined, () => 1, Symbol("s"), new Map(), cycle, [cycle], "\ud800", ["a\udc00"], holes, [[holes]]];
  const named = [{ "\ud800": 1 }, { a: [{ "x\udfff": 1 }] }, JSON.parse('{"__proto__":1}'), new (class A {})()];
  const places = [canonicalKey, canonicalBytes, hashKey, (key: unknown) => new KeyMap().get(key)];
  for (const key of [...keys, ...named]) {
    for (const place of places) assert.throws(() => place(key), { code: "KEY_NOT_CANONICAL" });
  }
});
