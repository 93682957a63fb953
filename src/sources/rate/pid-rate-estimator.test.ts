import assert from "node:assert/strict";
import { test } from "node:test";
import { PIDRateEstimator, type PIDRateEstimatorOptions } from "./pid-rate-estimator.ts";

const proportionalOnly = { batchInterval: 20, proportional: 1, integral: 0, derived: 0, minRate: 10 };
const estimator = (options: Partial<PIDRateEstimatorOptions> = {}): PIDRateEstimator =>
  new PIDRateEstimator({ ...proportionalOnly, ...options });

for (const [name, value] of [
  ["batchInterval", 0],
  ["proportional", -1],
  ["integral", -1],
  ["derived", -1],
  ["minRate", 0],
  ["minRate", -10],
  ["proportional", Number.NaN],
] as const) {
  test(`${name} ${value} is refused`, () => {
    assert.throws(() => estimator({ [name]: value }), { code: "INVALID_OPTION", message: new RegExp(name) });
  });
}

test("the first batch gives no rate; of one that took the batch's half the next may have the rate that was processed", () => {
  const pid = estimator();
  assert.equal(pid.compute(0, 10, 10, 0), undefined);
  assert.equal(pid.compute(10, 10, 10, 0), 1_000);
});

test("batches that say nothing give no rate and change nothing", () => {
  const pid = estimator();
  assert.equal(pid.compute(0, 10, 10, 0), undefined);
  for (const [time, elements, processing] of [
    [0, 10, 10],
    [10, 0, 10],
    [10, -10, 10],
    [10, 10, 0],
    [10, 10, -10],
  ] as const) {
    assert.equal(pid.compute(time, elements, processing, 0), undefined);
  }
  assert.equal(pid.compute(10, 10, 10, 0), 1_000);
});

test("with the proportional term alone the rate is that of the last batch", () => {
  const pid = estimator({ batchInterval: 1_000 });
  const elements = [1_000, 500, 2_000, 4_000];
  const rates = elements.map((numElements, i) => pid.compute((i + 1) * 1_000, numElements, 1_000, 0));
  assert.deepEqual(rates, [undefined, 500, 2_000, 4_000]);
});

test("what waits lowers the rate by the integral term, and a growing error by the derived one", () => {
  const integral = estimator({ batchInterval: 1_000, integral: 0.2 });
  integral.compute(0, 1_000, 1_000, 0);
  assert.equal(integral.compute(1_000, 1_000, 1_000, 500), 900);
  const derived = estimator({ batchInterval: 1_000, proportional: 0, derived: 0.5 });
  derived.compute(0, 1_000, 1_000, 0);
  assert.equal(derived.compute(2_000, 600, 1_000, 0), 900);
});

test("the rate never falls below the minimum", () => {
  const pid = estimator({ batchInterval: 1_000, integral: 0.2, minRate: 100 });
  pid.compute(0, 1_000, 1_000, 0);
  assert.equal(pid.compute(1_000, 1_000, 1_000, 1_000_000), 100);
});
