import assert from "node:assert/strict";
import { test } from "node:test";
import { checkFraction, sampler, seeded } from "./sampling.ts";

for (const fraction of [0.5, 20, 3_000]) {
  test(`samples with replacement at a fraction of ${fraction} have its mean and variance`, () => {
    const draws = 2_000;
    const next = sampler(true, fraction, seeded(7));
    const times = Array.from({ length: draws }, next);
    const mean = times.reduce((sum, n) => sum + n, 0) / draws;
    const variance = times.reduce((sum, n) => sum + (n - mean) ** 2, 0) / draws;
    // Both are the fraction, with these standard errors.
    assert.ok(Math.abs(mean - fraction) < 4 * Math.sqrt(fraction / draws), `mean ${mean}`);
    assert.ok(
      Math.abs(variance - fraction) < 4 * Math.sqrt((fraction + 2 * fraction ** 2) / draws),
      `variance ${variance}`,
    );
  });
}

test("no row is taken at a fraction of 0, and a fraction without end is refused", () => {
  const next = sampler(true, 0, seeded(1));
  assert.deepEqual(Array.from({ length: 100 }, next), new Array(100).fill(0));
  for (const fraction of [Number.POSITIVE_INFINITY, Number.NaN, -1]) {
    assert.throws(() => checkFraction("sample's fraction", true, fraction), {
      code: "INVALID_OPTION",
      message: /sample's fraction must be a number of at least 0/,
    });
  }
});
