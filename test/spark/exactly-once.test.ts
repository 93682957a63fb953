import assert from "node:assert/strict";
import { test } from "node:test";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { onCrashPoint } from "../../src/runtime/crash-points.ts";
import { World } from "../support/exactly-once/world.ts";
import { startSpark } from "../support/spark/start-spark.ts";

test("on Spark records go through the driver's transactions, and a job that fails in one goes on exactly-once, there and on local", async (t) => {
  const spark = await startSpark({ mode: "local" });
  t.after(async () => {
    onCrashPoint(undefined);
    await SharedSession.closeAll();
    await spark.stop();
  });
  const world = await World.make(t, 100);
  const jobFile = new URL("../support/exactly-once/running-totals-worker.ts", import.meta.url);
  const onSpark = { master: spark.url, jobFile, maxRatePerPartition: 10 };
  let passes = 0;
  onCrashPoint((point) => {
    if (point === "before-end-txn" && ++passes === 2) throw new Error("broken by the test");
  });
  await assert.rejects(world.run(3, onSpark), { code: "USER_FUNCTION_FAILED" });
  await world.run(2, onSpark);
  await world.run(3);
  // The second batch failed; it and two more ran on Spark, and what was left on local.
  assert.equal(passes, 2 + 3 + 1);
  await world.checkOutput();
});
