import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { memoryJobs } from "../spark/jobs/memory-jobs.ts";
import { collectWarnings } from "../support/collect-warnings.ts";
import { type SparkOnYarn, startSparkOnYarn } from "../support/yarn/spark-on-yarn.ts";
import { startYarn, type Yarn } from "../support/yarn/start-yarn.ts";

// Memory of containers, which YARN looks after.

let yarn: Yarn;
let spark: SparkOnYarn;

before(async () => {
  yarn = await startYarn(4_096);
  // 512 MB and an overhead of 384, and with isPython 160 for workers.
  const conf = {
    "spark.yarn.isPython": "true",
    "spark.executor.pyspark.memory": "160m",
    "spark.task.maxFailures": "2",
  };
  spark = await startSparkOnYarn(yarn, { conf });
});

after(async () => {
  await SharedSession.closeAll();
  await spark?.stop();
  await yarn?.stop();
});

test("a container over its memory is SPARK_MEMORY_EXCEEDED with YARN's numbers, host and setting, after one more attempt", async (t) => {
  const warnings = collectWarnings(t, "DStreamBatch");
  const job = await memoryJobs.start("fillsBuffers", "", { master: spark.url });
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
  assert.equal(warnings.length, 1);
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
