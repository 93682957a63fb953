import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeValue, encodeValue } from "./value-codec.ts";

const passed = (value: unknown): unknown => decodeValue(encodeValue(value));

test("plain data, dates, bytes, maps, sets and errors arrive as they were", () => {
  const values = [
    null,
    undefined,
    2n ** 80n,
    "\u00e9\u{1f600}",
    new Date(5),
    /a+/gi,
    new Uint8Array([1, 2]),
    new Float64Array([0.5]),
    new Set([1, "a"]),
    new Set([[-0], new Map([[1, -0]]), new Set([undefined])]),
    new Map<unknown, unknown>([
      [{ a: 1 }, new Map([["inner", [undefined]]])],
      ["b", new Set([2])],
    ]),
    { a: { b: [1, { c: new Date(6) }] }, u: undefined },
    Object.assign(Object.create(null), { bare: true }),
  ];
  for (const value of values) {
    const expected = value !== null && typeof value === "object" && "bare" in value ? { bare: true } : value;
    assert.deepStrictEqual(passed(value), expected);
  }
  const error = passed(new RangeError("far")) as Error;
  assert.deepEqual([error instanceof RangeError, error.message], [true, "far"]);
});

test("−0 and holes arrive as they were, at any depth", () => {
  const holes = [Object.assign([1], { 2: { a: -0 } })];
  const values = [-0, [-0, 0], { a: { b: -0 } }, new Map([[[1], -0]]), holes, new Array(3)];
  for (const value of values) assert.deepStrictEqual(passed(value), value);
});

test("any JSON object arrives, whatever the names and the number of its properties", () => {
  const names = [...Object.getOwnPropertyNames(Object.prototype), "toJSON", "length", "then", "buffer", ""];
  const all = Object.fromEntries(names.filter((name) => name !== "__proto__").map((name, i) => [name, i]));
  const many = Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`p${i}`, i]));
  for (const value of [all, many]) assert.deepStrictEqual(passed(value), value);
});

test("equal values have equal bytes, whatever was encoded before", () => {
  const value = { name: "a", tags: ["x", "y"], at: new Date(1) };
  const first = encodeValue(value);
  encodeValue({ name: "b", other: 1 });
  assert.deepEqual(encodeValue(structuredClone(value)), first);
});

test("what would arrive as something else is refused with its path", () => {
  class Money {
    readonly #cents = 5;
    get cents(): number {
      return this.#cents;
    }
  }
  const cycle: { self?: object } = {};
  cycle.self = cycle;
  const refused: [unknown, RegExp][] = [
    [new Money(), /an instance of Money cannot leave its task/],
    [{ rows: [1, { price: new Money() }] }, /an instance of Money \(at rows\.1\.price\)/],
    [new Map([["k", new Money()]]), /an instance of Money \(at entry 0\)/],
    [new Set([new Money()]), /an instance of Money/],
    [new URL("http://localhost/"), /an instance of URL/],
    [() => 1, /a function/],
    [{ s: Symbol("s") }, /a symbol \(at s\)/],
    [cycle, /an object that contains itself \(at self\)/],
    [JSON.parse('{"__proto__": 1}'), /a property named __proto__/],
    ["\ud800", /half of a surrogate pair cannot leave its task/],
    [{ rows: ["ok", "\udc00x"] }, /half of a surrogate pair \(at rows\.1\)/],
    [{ a: { "\ud800": 1 } }, /a property whose name has half of a surrogate pair \(at a\)/],
    [new Map([["\ud800", 1]]), /half of a surrogate pair \(at key 0\)/],
    [new Set(["\ud800"]), /half of a surrogate pair/],
    [new Error("\ud800"), /half of a surrogate pair/],
    [new Error("outer", { cause: new Money() }), /an instance of Money/],
    [new RegExp("\ud800x".slice(0, 1)), /half of a surrogate pair/],
  ];
  for (const [value, message] of refused) {
    assert.throws(() => encodeValue(value), { code: "VALUE_NOT_ENCODABLE", message });
  }
});

test("a promise in a value was not waited for, and is refused with its path", () => {
  const message = /gave a promise \(at rows\.0\) in a value/;
  assert.throws(() => encodeValue({ rows: [Promise.resolve(1)] }), { code: "PROMISE_NOT_AWAITED", message });
});
