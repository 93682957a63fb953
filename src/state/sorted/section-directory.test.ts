import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeDirectory, encodeDirectory, firstWithHash, groupOf } from "./section-directory.ts";

test("a hash is found among any others, evenly spread or not", () => {
  const spread = Array.from({ length: 5_000 }, (_, i) => Math.imul(i, 2_654_435_761) >>> 0);
  for (const numbers of [[], [7], [0, 0, 0], spread, spread.map((n) => n >>> 20), [0, 2 ** 32 - 1, 2 ** 32 - 1]]) {
    const hashes = Uint32Array.from(numbers).sort();
    for (const hash of [
      0,
      1,
      2 ** 31,
      2 ** 32 - 1,
      ...numbers.slice(0, 200),
      ...numbers.slice(0, 200).map((n) => n + 1),
    ]) {
      const expected = hashes.findIndex((one) => one >= hash);
      assert.equal(
        firstWithHash(hashes, hash),
        expected === -1 ? hashes.length : expected,
        `${hash} of ${hashes.length}`,
      );
    }
  }
});

test("a directory is read as it was written, wherever it lies in memory", () => {
  const directory = {
    hashes: Uint32Array.of(1, 5, 5, 2 ** 32 - 1),
    offsets: Float64Array.of(0, 100, 2 ** 40),
    firsts: Uint32Array.of(0, 3, 4),
    crcs: Uint32Array.of(7, 8),
  };
  const bytes = encodeDirectory(directory);
  for (let shift = 0; shift < 8; shift++) {
    const moved = new Uint8Array(bytes.length + shift);
    moved.set(bytes, shift);
    assert.deepEqual(decodeDirectory(moved.subarray(shift)), directory);
  }
  assert.deepEqual(
    [0, 2, 3].map((entry) => groupOf(directory.firsts, entry)),
    [0, 0, 1],
  );
});
