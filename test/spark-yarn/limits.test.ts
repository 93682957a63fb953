import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { SparkSession } from "../../src/cluster/spark/connect/session/spark-session.ts";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { faultJobs, totalsOf } from "../spark/jobs/fault-jobs.ts";
import { memoryJobs } from "../spark/jobs/memory-jobs.ts";
import { fileAppears } from "../support/file-appears.ts";
import { RecordedLog } from "../support/recorded-log.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { type SparkOnYarn, startSparkOnYarn } from "../support/yarn/spark-on-yarn.ts";
import { startYarn, type Yarn } from "../support/yarn/start-yarn.ts";

// What YARN does not put up with: containers that take too much memory, and applications that lose too many executors.

const stoppedMs = 60_000;
/** 512 MB and an overhead of 384, and with isPython 160 for workers. */
const conf = {
  "spark.yarn.isPython": "true",
  "spark.executor.pyspark.memory": "160m",
  "spark.task.maxFailures": "2",
  "spark.executor.maxNumFailures": "1",
  "spark.yarn.maxAppAttempts": "1",
};

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

test("a container over its memory is SPARK_MEMORY_EXCEEDED with YARN's numbers, host and setting, after one more attempt", async (t) => {
  const said = new RecordedLog();
  const job = await memoryJobs.start("fillsBuffers", "", { master: spark.url, logger: said });
  const began = performance.now();
  await assert.rejects(job.next(), ({ code, message, data, cause }) => {
    assert.equal(code, "SPARK_MEMORY_EXCEEDED");
    assert.match(
      message,
      /YARN killed Spark's executor \d+ on localhost, whose container exceeded its physical memory \([\d.]+ [MG]B of 1\.[01] GB used\): raise spark\.executor\.memoryOverhead/,
    );
    assert.deepEqual([data.setting, data.host], ["spark.executor.memoryOverhead", "localhost"]);
    assert.match(String(cause), /Container killed by YARN for exceeding physical memory limits/);
    return true;
  });
  t.diagnostic(`${Math.round(performance.now() - began)} ms`);
  assert.equal(said.warnings("BATCH_RETRIED").length, 1);
  await job.stop();
});

test("a worker over its part of spark.executor.pyspark.memory is SPARK_MEMORY_EXCEEDED with that setting", async () => {
  const job = await memoryJobs.start("fillsHeap", "", { master: spark.url, maxBatchRetries: 0 });
  await assert.rejects(job.next(), {
    code: "SPARK_MEMORY_EXCEEDED",
    message:
      /a worker on localhost reached the limit of its heap \(160 MB, its part of spark\.executor\.pyspark\.memory\)/,
  });
  await job.stop();
});

const sorted = (rows: readonly unknown[]): unknown[] =>
  rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

test("a server whose application YARN has ended is SPARK_CONTEXT_STOPPED at once, and the job goes on when it is restarted", async (t) => {
  const said = new RecordedLog();
  const folder = temporaryDirectory(t);
  const there = fileAppears(folder, "there");
  const job = await faultJobs.start("meetsTheTest", folder, {
    logger: said,
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
  while (!said.warnings("BATCH_RETRIED").some((text) => text.includes("[SPARK_CONTEXT_STOPPED]"))) {
    assert.ok(
      performance.now() - stoppedAt < 10_000,
      `not said within 10 s, but: ${said.warnings("BATCH_RETRIED").join("\n")}`,
    );
    await delay(100);
  }
  t.diagnostic(`said after ${Math.round(performance.now() - stoppedAt)} ms`);
  assert.match(said.warnings("BATCH_RETRIED").at(-1) as string, /has stopped: restart the Connect server/);
  await assert.rejects(SparkSession.open(spark.url), { code: "SPARK_CONTEXT_STOPPED" });
  await spark.stop();
  writeFileSync(join(folder, "go"), "");
  spark = await startSparkOnYarn(yarn, { conf, port: Number(new URL(spark.url).port) });
  await second;
  assert.deepEqual(sorted(await job.next()), totalsOf(3));
  await job.stop();
});
