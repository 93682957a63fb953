import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { SparkSession } from "../../src/cluster/spark/connect/spark-session.ts";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { faultJobs, totalsOf } from "../spark/jobs/fault-jobs.ts";
import { collectWarnings } from "../support/collect-warnings.ts";
import { fileAppears } from "../support/file-appears.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { type SparkOnYarn, startSparkOnYarn } from "../support/yarn/spark-on-yarn.ts";
import { startYarn, type Yarn } from "../support/yarn/start-yarn.ts";

// Spark ends an application that has lost too many executors. The Connect server's process stays, and listens.

const stoppedMs = 60_000;
const conf = { "spark.executor.maxNumFailures": "1", "spark.yarn.maxAppAttempts": "1" };

let yarn: Yarn;
let spark: SparkOnYarn;

before(async () => {
  yarn = await startYarn(4_096);
  spark = await startSparkOnYarn(yarn, { conf });
});

after(async () => {
  await SharedSession.closeAll();
  await spark?.stop();
  await yarn?.stop();
});

const sorted = (rows: readonly unknown[]): unknown[] =>
  rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

test("a server whose application YARN has ended is SPARK_CONTEXT_STOPPED at once, and the job goes on when it is restarted", async (t) => {
  const warnings = collectWarnings(t, "DStreamBatch");
  const folder = temporaryDirectory(t);
  const there = fileAppears(folder, "there");
  const job = await faultJobs.start("meetsTheTest", folder, {
    master: spark.url,
    checkpointDir: temporaryDirectory(t),
  });
  assert.deepEqual(sorted(await job.next()), totalsOf(1));
  const second = job.next().then((rows) => assert.deepEqual(sorted(rows), totalsOf(2)));
  second.catch(() => {});
  await there;
  for (const pid of await spark.executors()) process.kill(pid, "SIGKILL");
  const began = performance.now();
  while (!readFileSync(spark.logFile, "utf8").includes("SparkContext is stopping")) {
    assert.ok(performance.now() - began < stoppedMs);
    await delay(100);
  }
  const stoppedAt = performance.now();
  while (!warnings.some((text) => text.includes("[SPARK_CONTEXT_STOPPED]"))) {
    assert.ok(performance.now() - stoppedAt < 10_000, `not said within 10 s, but: ${warnings.join("\n")}`);
    await delay(100);
  }
  t.diagnostic(`said after ${Math.round(performance.now() - stoppedAt)} ms`);
  assert.match(warnings.at(-1) as string, /has stopped: restart the Connect server/);
  await assert.rejects(SparkSession.open(spark.url), { code: "SPARK_CONTEXT_STOPPED" });
  await spark.stop();
  writeFileSync(join(folder, "go"), "");
  spark = await startSparkOnYarn(yarn, { conf, port: Number(new URL(spark.url).port) });
  await second;
  assert.deepEqual(sorted(await job.next()), totalsOf(3));
  await job.stop();
});
