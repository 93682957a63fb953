import assert from "node:assert/strict";
import { test } from "node:test";
import { TextNumbers } from "./text-numbers.ts";

test("texts are numbered from 0 on in the order in which they come, and each keeps its number", () => {
  const numbers = new TextNumbers();
  assert.deepEqual(
    ["b", "a", "b", "", "ä", "a", "𝄞", ""].map((text) => numbers.numberOf(text)),
    [0, 1, 0, 2, 3, 1, 4, 2],
  );
  assert.deepEqual(numbers.texts, ["b", "a", "", "ä", "𝄞"]);
});

for (const seed of [0, 1, 0x9e3779b1]) {
  test(`a hundred thousand texts are told apart as by a Map (seed ${seed})`, () => {
    const numbers = new TextNumbers(seed);
    const map = new Map<string, number>();
    for (let i = 0; i < 300_000; i++) {
      const text = `${(i * 7_919) % 100_003}${"x".repeat(i % 5)}`;
      if (!map.has(text)) map.set(text, map.size);
      if (numbers.numberOf(text) !== map.get(text)) assert.fail(`${text}: ${numbers.numberOf(text)}`);
    }
    assert.deepEqual(numbers.texts, [...map.keys()]);
  });
}

test("texts whose hashes are all the same are told apart, and cost no more than a Map's", () => {
  const numbers = new TextNumbers(7);
  const texts = collisions(2_000);
  for (let round = 0; round < 3; round++) {
    for (const [i, text] of texts.entries()) assert.equal(numbers.numberOf(text), i);
    // The table grows meanwhile, so that what had no place moves.
    for (let i = 0; i < 3_000; i++) numbers.numberOf(`other ${round} ${i}`);
    if (round === 0) for (const [i, text] of texts.entries()) assert.equal(numbers.numberOf(text), i);
  }
  assert.equal(new Set(texts).size, texts.length);
  assert.equal(numbers.texts.length, 2_000 + 9_000);
});

/** Texts of four characters with one hash, for seed 7: the last two characters undo what the first two did. */
function collisions(count: number): string[] {
  const multiplier = 0x9e3779b1;
  const state = (a: number, b: number): number => {
    const hash = Math.imul(7 ^ 4 ^ (a | (b << 16)), multiplier);
    return hash ^ (hash >>> 15);
  };
  const wanted = state(97, 97) ^ (97 | (97 << 16));
  return Array.from({ length: count }, (_, i) => {
    const [a, b] = [97 + (i % 50), 97 + Math.floor(i / 50)];
    const rest = state(a, b) ^ wanted;
    return String.fromCharCode(a, b, rest & 0xffff, rest >>> 16);
  });
}
