import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeFrom } from "./merge-from.ts";

const fanIn = 4;

test("few files are left alone, and so are those that are small beside what is before them", () => {
  assert.equal(mergeFrom([], fanIn), undefined);
  assert.equal(mergeFrom([5], fanIn), undefined);
  assert.equal(mergeFrom([100, 1, 1, 1], fanIn), undefined);
});

test("enough files of about one size are merged, with larger ones that these add up to", () => {
  assert.equal(mergeFrom([100, 1, 1, 1, 1], fanIn), 1);
  assert.equal(mergeFrom([100, 4, 1, 1, 1, 1], fanIn), 1);
  assert.equal(mergeFrom([100, 5, 1, 1, 1, 1], fanIn), 2);
});

test("all files are merged once the others have more bytes than the first", () => {
  assert.equal(mergeFrom([100, 60, 40], fanIn), undefined);
  assert.equal(mergeFrom([100, 60, 41], fanIn), 0);
});

test("of ten thousand equal deltas on a large file a chain keeps few, and writes each byte a few times", () => {
  let chain = [1_000];
  let [written, longest] = [0, 0];
  for (let i = 0; i < 10_000; i++) {
    const first = mergeFrom(chain, fanIn);
    if (first !== undefined) {
      const merged = chain.slice(first).reduce((a, b) => a + b, 0);
      // Everything merged is the state once, and not what had been written over.
      chain = [...chain.slice(0, first), first === 0 ? 1_000 : merged];
      written += chain.at(-1) as number;
    }
    chain.push(1);
    written++;
    longest = Math.max(longest, chain.length);
  }
  assert.ok(longest <= fanIn + 10, `${longest} files`);
  assert.ok(written <= 10 * 10_000, `${written} units for 10,000`);
});
