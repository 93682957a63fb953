import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import { writtenInOneRun, writtenOnTheMove } from "../support/exactly-once/moving-job.ts";
import { runningTotals } from "../support/exactly-once/running-totals.ts";
import { World } from "../support/exactly-once/world.ts";

// The machine's clock is set while a job runs, or between two runs: batch times go up by the interval, windows have what they would
// have, and nothing is lost.

const hourMs = 3_600_000;
const intervalMs = 20;
const numBatches = 25;

/** Sets the machine's clock, as far as this process can see it. */
const jumps: Readonly<Record<string, (t: TestContext, date: () => number) => unknown>> = {
  "an hour forwards": (t, date) => t.mock.method(Date, "now", () => date() + hourMs),
  "an hour back": (t, date) => t.mock.method(Date, "now", () => date() - hourMs),
  "10 s back": (t, date) => t.mock.method(Date, "now", () => date() - 10_000),
  "so that it stands still": (t, date) => {
    const now = date();
    return t.mock.method(Date, "now", () => now);
  },
};

for (const [how, jump] of Object.entries(jumps)) {
  test(`a clock that is set ${how} while a job runs changes neither its batches nor its windows`, async (t) => {
    const ssc = new StreamingContext({ appName: "clock", batchInterval: intervalMs, master: "local" });
    const batches: { readonly time: number; readonly rows: readonly number[] }[] = [];
    const date = Date.now.bind(Date);
    const done = Promise.withResolvers<void>();
    ssc
      .queueStream(Array.from({ length: numBatches }, (_, i) => [i]))
      .window(3 * intervalMs)
      .foreachRDD(async (rdd, time) => {
        batches.push({ time, rows: [...(await rdd.collect())].sort((a, b) => a - b) });
        if (batches.length === 5) jump(t, date);
        if (batches.length === numBatches) done.resolve();
      });
    const beganAt = performance.now();
    await ssc.start();
    await done.promise;
    await ssc.stop({ stopGracefully: false });
    const [first] = batches as [(typeof batches)[number]];
    assert.deepEqual(
      batches.slice(0, numBatches).map(({ time, rows }) => ({ time, rows })),
      Array.from({ length: numBatches }, (_, i) => ({
        time: first.time + i * intervalMs,
        rows: [i - 2, i - 1, i].filter((row) => row >= 0),
      })),
    );
    const tookMs = performance.now() - beganAt;
    assert.ok(tookMs >= (numBatches - 1) * intervalMs && tookMs < 10_000, `${numBatches} batches in ${tookMs} ms`);
  });
}

test("a clock that was set back an hour, set back 10 s, or stood still while a job was down changes nothing of what it writes", async (t) => {
  const startsAt = 2 * hourMs;
  const expected = await writtenInOneRun(t, startsAt);
  const clocks = [startsAt, startsAt - hourMs, startsAt + 4_000 - 10_000, startsAt + 6_000];
  const stays = clocks.map((at) => ({ master: "local", batches: 2, startsAt: at, crash: "after-manifest" }) as const);
  assert.deepEqual(await writtenOnTheMove(t, stays), expected);
});

test("a clock that jumps by hours between runs, back and forth, loses no record and doubles none, and times go up", async (t) => {
  const world = await World.make(t, 100);
  const times: number[] = [];
  for (const startsAt of [5 * hourMs, 6 * hourMs, 4 * hourMs, 7 * hourMs, 0]) {
    const clock = new ManualClock(startsAt);
    const ssc = runningTotals({ ...world.jobOptions, clock, maxRatePerPartition: 10 });
    ssc.addStreamingListener({ onBatchCompleted: ({ batchInfo }) => void times.push(batchInfo.batchTime) });
    await ssc.start();
    await clock.advance(2_000);
    await ssc.stop();
  }
  await world.checkOutput();
  assert.equal(times.length, 10);
  assert.ok(
    times.every((time, i) => i === 0 || time > (times[i - 1] as number)),
    times.join(),
  );
});
