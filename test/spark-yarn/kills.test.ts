import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { faultJobs, totalsOf } from "../spark/jobs/fault-jobs.ts";
import { DriverProcess } from "../support/exactly-once/driver-process.ts";
import { World } from "../support/exactly-once/world.ts";
import { fileAppears } from "../support/file-appears.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { type SparkOnYarn, startSparkOnYarn } from "../support/yarn/spark-on-yarn.ts";
import { startYarn, type Yarn } from "../support/yarn/start-yarn.ts";

// Under YARN executors and the application's master are processes of containers, which YARN starts again. Whatever is killed, no result
// has a record twice or lacks one. How long it takes until the next batch is printed: docs/guide/running-on-spark.md has the numbers.

/** Until the next batch. Containers take their time to start. */
const nextBatchMs = 90_000;

let yarn: Yarn;
let spark: SparkOnYarn;

before(async () => {
  yarn = await startYarn(4_096);
  // By default the application ends with the fifth executor, or the second master, that is lost.
  const conf = { "spark.executor.maxNumFailures": "100", "spark.yarn.maxAppAttempts": "100" };
  spark = await startSparkOnYarn(yarn, { conf });
});

after(async () => {
  await SharedSession.closeAll();
  await spark?.stop();
  await yarn?.stop();
});

const sorted = (rows: readonly unknown[]): unknown[] =>
  rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

async function measured(t: TestContext, batch: Promise<readonly unknown[]>): Promise<unknown[]> {
  const began = performance.now();
  const rows = await batch;
  const took = Math.round(performance.now() - began);
  t.diagnostic(`${took} ms until the next batch`);
  assert.ok(took < nextBatchMs, `${took} ms`);
  return sorted(rows);
}

for (const [name, state] of [
  ["executorKilledReading", "with state"],
  ["statelessExecutorKilled", "without state"],
] as const) {
  test(`an executor that is killed in mid-batch costs and doubles nothing, ${state}`, async (t) => {
    const expected = (batch: number): unknown[] => totalsOf(state === "with state" ? batch : 1);
    const checkpoint = state === "with state" ? { checkpointDir: temporaryDirectory(t) } : {};
    const job = await faultJobs.start(name, temporaryDirectory(t), { master: spark.url, ...checkpoint });
    assert.deepEqual(sorted(await job.next()), expected(1));
    assert.deepEqual(await measured(t, job.next()), expected(2));
    for (const batch of [3, 4]) assert.deepEqual(sorted(await job.next()), expected(batch));
    await job.stop();
  });
}

for (const [name, state] of [
  ["meetsTheTest", "with state"],
  ["statelessMeetsTheTest", "without state"],
] as const) {
  test(`an application master that is killed in mid-batch costs and doubles nothing, ${state}`, async (t) => {
    const expected = (batch: number): unknown[] => totalsOf(state === "with state" ? batch : 1);
    const checkpoint = state === "with state" ? { checkpointDir: temporaryDirectory(t) } : {};
    const folder = temporaryDirectory(t);
    const there = fileAppears(folder, "there");
    const job = await faultJobs.start(name, folder, { master: spark.url, ...checkpoint });
    assert.deepEqual(sorted(await job.next()), expected(1));
    const second = job.next();
    await there;
    const executors = await spark.executors();
    process.kill(await spark.applicationMaster(), "SIGKILL");
    // Its executors are those of the next master no more.
    while ((await spark.executors()).some((pid) => executors.includes(pid))) await delay(100);
    writeFileSync(join(folder, "go"), "");
    assert.deepEqual(await measured(t, second), expected(2));
    assert.deepEqual(sorted(await job.next()), expected(3));
    await job.stop();
  });
}

test("killed executors and a killed master cost no record and double none, exactly-once into Kafka", async (t) => {
  const world = await World.make(t, 0);
  const job = new DriverProcess({ ...world.jobOptions, master: spark.url, batchInterval: 2_000 });
  t.after(() => job.kill());
  const stopFeeding = world.feed(20);
  t.after(stopFeeding);
  const hasCopied = async (numRecords: number): Promise<number> => {
    const began = performance.now();
    while ((await world.checkOutputSoFar()) < numRecords) {
      job.check();
      assert.ok(performance.now() - began < nextBatchMs, `not ${numRecords} records within ${nextBatchMs} ms`);
      await delay(100);
    }
    return Math.round(performance.now() - began);
  };
  await hasCopied(20);
  const victims = {
    "an executor": async () => (await spark.executors())[0] as number,
    "the application master": () => spark.applicationMaster(),
  };
  for (const [name, find] of Object.entries(victims)) {
    process.kill(await find(), "SIGKILL");
    t.diagnostic(`${name} was killed, next commit after ${await hasCopied(world.numSent + 20)} ms`);
  }
  await stopFeeding();
  await hasCopied(world.numSent);
  await job.end();
  await world.checkOutput();
});
