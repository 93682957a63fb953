import assert from "node:assert/strict";
import { test } from "node:test";
import { machineClock, systemClock } from "./clock.ts";

for (const [direction, byMs] of [
  ["forwards", 3_600_000],
  ["back", -3_600_000],
] as const) {
  test(`the clock goes on evenly when the machine's is set ${direction} by an hour`, async (t) => {
    const before = systemClock.now();
    const date = Date.now();
    t.mock.method(Date, "now", () => date + byMs);
    await systemClock.waitTill(before + 20);
    const passed = systemClock.now() - before;
    assert.ok(passed >= 20 && passed < 10_000, `${passed} ms`);
  });
}

test("the clock goes on while the machine sleeps, and only then counts what is not the coarseness of its times", async () => {
  let [awake, sinceBoot] = [10_000, 500_000];
  const clock = machineClock(1_000_000, { awake: () => awake, sinceBoot: () => sinceBoot });
  const pass = (ms: number, asleepMs = 0): number => {
    awake += ms;
    sinceBoot += ms + asleepMs;
    return clock.now();
  };
  assert.equal(pass(2_000), 1_002_000);
  assert.equal(pass(2_000, 900), 1_004_000);
  assert.equal(clock.sleptMs, 0);
  assert.equal(pass(1_000, 3_600_000), 1_005_000 + 3_600_900);
  assert.equal(clock.sleptMs, 3_600_900);
  // It looks once a second at most, and never goes back.
  assert.equal(pass(500, 60_000), 1_005_500 + 3_600_900);
  assert.equal(pass(500), 1_006_000 + 3_660_900);
  sinceBoot -= 50_000;
  assert.equal(pass(2_000), 1_008_000 + 3_660_900);
});

test("a wait ends when the machine has slept over it", async () => {
  let sinceBoot = 0;
  const clock = machineClock(0, { awake: () => performance.now(), sinceBoot: () => sinceBoot });
  const waiting = clock.waitTill(clock.now() + 20);
  sinceBoot = performance.now() + 3_600_000;
  await waiting;
  assert.ok(clock.sleptMs > 3_000_000);
});
