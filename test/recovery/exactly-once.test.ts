import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ManualClock } from "dstream/testing";
import { crashPoints } from "../../src/runtime/crash-points.ts";
import { crashOnce, latePass } from "../support/exactly-once/crash-once.ts";
import { runningTotals } from "../support/exactly-once/running-totals.ts";
import { World } from "../support/exactly-once/world.ts";
import { fromSources } from "../support/from-sources.ts";

// A job with state and transactional output is broken at each step of the commit protocol, then started again: every record must
// be in its output once.

const program = fileURLToPath(new URL("./programs/signal-at.ts", import.meta.url));
const numRecords = 100;
/** Records a second and partition, so that the records take several batches. */
const slowly = { maxRatePerPartition: 10 };
test("without faults every record is in the output once, and its state counted once", async (t) => {
  const world = await World.make(t, numRecords);
  await world.run(3, slowly);
  await world.run(6);
  await world.checkOutput();
});

for (const point of crashPoints) {
  test(`killed at ${point}, the job goes on exactly-once`, async (t) => {
    const world = await World.make(t, numRecords);
    const args = [fromSources, program, world.brokers, world.checkpointDir, point, `${latePass(point)}`];
    const child = spawn(process.execPath, args, { stdio: "inherit" });
    assert.deepEqual(await once(child, "exit"), [null, "SIGKILL"]);
    await world.run(6);
    await world.checkOutput();
  });

  test(`an error at ${point} costs no record and doubles none`, async (t) => {
    const world = await World.make(t, numRecords);
    await crashOnce(
      { point, pass: latePass(point) },
      () => Promise.reject(new Error("broken by the test")),
      async (options) => {
        await world.run(5, { ...slowly, ...options }).catch(() => {});
      },
    );
    await world.run(6);
    await world.checkOutput();
  });
}

for (const point of crashPoints.slice(crashPoints.indexOf("in-produce"), crashPoints.indexOf("after-end-txn"))) {
  test(`hung at ${point} for longer than the transaction may take, the job ends and goes on exactly-once`, async (t) => {
    const world = await World.make(t, numRecords);
    await crashOnce(
      { point, pass: latePass(point) },
      () => delay(400),
      async (options) => {
        await assert.rejects(world.run(5, { ...slowly, ...options, transactionTimeout: 200 }), {
          code: "PRODUCER_FENCED",
          message: /longer than transactionTimeout = 200, so the broker ended it; raise the option$/,
        });
      },
    );
    await world.run(6);
    await world.checkOutput();
  });
}

test("a graceful stop gives up a transaction that hangs when its time is over; the next start finds out what became of it", async (t) => {
  // A process whose job gave up a batch says so by its exit code.
  t.after(() => {
    assert.equal(process.exitCode, 1);
    process.exitCode = undefined;
  });
  for (const point of ["before-end-txn", "after-end-txn"] as const) {
    const world = await World.make(t, numRecords);
    const hanging = Promise.withResolvers<void>();
    await crashOnce(
      { point, pass: 2 },
      () => {
        hanging.resolve();
        return new Promise<never>(() => {});
      },
      async (options) => {
        const clock = new ManualClock();
        const own = { ...world.jobOptions, ...slowly, ...options };
        const ssc = runningTotals({ ...own, clock, gracefulStopTimeout: 100 });
        await ssc.start();
        void clock.advance(3_000);
        await hanging.promise;
        const beganAt = performance.now();
        await ssc.stop({ stopGracefully: true });
        const tookMs = performance.now() - beganAt;
        // A timer counts from when its loop last looked at the clock, which may be some ms before.
        assert.ok(tookMs >= 90 && tookMs < 5_000, `${tookMs} ms`);
      },
    );
    await world.run(6);
    await world.checkOutput();
  }
});
