import assert from "node:assert/strict";
import { test } from "node:test";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import type { CrashPoint } from "../../src/runtime/crash-points.ts";
import { runtimeKey } from "../../src/runtime/job-runtime.ts";
import { World } from "../support/exactly-once/world.ts";
import { startSpark } from "../support/spark/start-spark.ts";

test("on Spark records go through the driver's transactions, and a job that fails in one goes on exactly-once, there and on local", async (t) => {
  const spark = await startSpark({ mode: "local" });
  t.after(async () => {
    await SharedSession.closeAll();
    await spark.stop();
  });
  const world = await World.make(t, 100);
  const jobFile = new URL("../support/exactly-once/running-totals-worker.ts", import.meta.url);
  let passes = 0;
  const crashPoint = (point: CrashPoint): void => {
    if (point === "before-end-txn" && ++passes === 2) throw new Error("broken by the test");
  };
  const crashing = { [runtimeKey]: { crashPoint } };
  const onSpark = { master: spark.url, jobFile, maxRatePerPartition: 10, ...crashing };
  await assert.rejects(world.run(3, onSpark), { code: "USER_FUNCTION_FAILED" });
  await world.run(2, onSpark);
  await world.run(3, crashing);
  // The second batch failed; it and two more ran on Spark, and what was left on local.
  assert.equal(passes, 2 + 3 + 1);
  await world.checkOutput();
});
