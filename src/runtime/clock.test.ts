import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "./clock.ts";

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
