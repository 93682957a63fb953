import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "./manual-clock.ts";

test("a clock refuses to go back, to no time, and to the end of all times, and stays where it is", async () => {
  const clock = new ManualClock(5_000);
  for (const duration of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    await assert.rejects(clock.advance(duration), {
      code: "INVALID_OPTION",
      message: `[INVALID_OPTION] advance's duration must be milliseconds, at least 0, not ${duration}`,
    });
  }
  await clock.advance(0);
  assert.equal(clock.now(), 5_000);
});
