import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonText } from "./json-text.ts";

class Money {
  readonly #cents: number;
  constructor(cents: number) {
    this.#cents = cents;
  }
  toJSON(): unknown {
    return { cents: this.#cents, parts: new Set([this.#cents]) };
  }
}

const written: readonly (readonly [value: unknown, json: string])[] = [
  [{ a: [1, "x", true, null], b: { c: 1.5 } }, '{"a":[1,"x",true,null],"b":{"c":1.5}}'],
  [{ m: new Map<unknown, unknown>([["k", new Map([[1, 2n]])]]) }, '{"m":[["k",[[1,"2"]]]]}'],
  [{ s: new Set<unknown>(["a", new Set([1])]) }, '{"s":["a",[1]]}'],
  [{ b: new Uint8Array([1, 2]), c: Buffer.from([3]) }, '{"b":[1,2],"c":[3]}'],
  [[new Float64Array([1.5]), new BigInt64Array([7n])], '[[1.5],["7"]]'],
  [[new Uint8Array([1]).buffer, new DataView(new Uint8Array([1, 2, 3]).buffer, 1)], "[[1],[2,3]]"],
  [{ e: new TypeError("why"), r: /a+/g, n: 12n }, '{"e":"TypeError: why","r":"/a+/g","n":"12"}'],
  [{ at: new Date(0), never: new Date(Number.NaN) }, '{"at":"1970-01-01T00:00:00.000Z","never":null}'],
  [{ u: undefined, a: [undefined] }, '{"a":[null]}'],
  [{ n: Number.NaN, i: Number.NEGATIVE_INFINITY, z: -0 }, '{"n":null,"i":null,"z":0}'],
  [{ price: new Money(5) }, '{"price":{"cents":5,"parts":[5]}}'],
  [JSON.parse('{"__proto__":1,"m":2}'), '{"__proto__":1,"m":2}'],
  [Object.assign(JSON.parse('{"__proto__":{"x":1}}'), { n: 1n }), '{"__proto__":{"x":1},"n":"1"}'],
  [new Map(), "[]"],
  [5n, '"5"'],
  ["text", '"text"'],
];

test("JSON spells what JSON.stringify leaves out, at any depth, and leaves all else to it", () => {
  for (const [value, json] of written) assert.equal(jsonText(value), json);
  const shared = { n: 1n };
  assert.equal(jsonText([shared, shared]), '[{"n":"1"},{"n":"1"}]', "twice is no cycle");
});

test("nothing that could not be written is left out without a word: its path is named", () => {
  const cycle: Record<string, unknown> = { name: "c" };
  cycle.list = [new Map([["self", cycle]])];
  const refused: readonly (readonly [value: unknown, message: RegExp])[] = [
    [{ f: () => 1 }, /a function \(at f\)/],
    [[1, { s: Symbol("x") }], /a symbol \(at 1\.s\)/],
    [{ p: Promise.resolve(1) }, /a promise \(at p\)/],
    [{ w: new WeakMap() }, /a WeakMap \(at w\)/],
    [cycle, /an object that contains itself \(at list\.0\.0\.1\)/],
    [() => 1, /a function cannot be written as JSON/],
  ];
  for (const [value, message] of refused) {
    assert.throws(() => jsonText(value), { code: "VALUE_NOT_ENCODABLE", message });
  }
});
