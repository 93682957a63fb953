import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { DStreamError } from "../../src/errors/dstream-error.ts";
import { RecordedLog } from "../support/recorded-log.ts";

import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";
import { memoryJobs } from "./jobs/memory-jobs.ts";

// What is said of workers that take more memory than they may. Containers are in test/spark-yarn.

let spark: SparkServer;

before(async () => {
  // Spark 3.5 asks a worker's fault handler only where its server is told to.
  const conf = {
    "spark.executor.pyspark.memory": "100m",
    "spark.python.worker.faulthandler.enabled": "true",
    "spark.task.maxFailures": "2",
  };
  spark = await startSpark({ mode: "local-cluster", conf });
});

after(async () => {
  await SharedSession.closeAll();
  await spark?.stop();
});

test("a heap that is full is SPARK_MEMORY_EXCEEDED with host, limit and setting, after one more attempt of the driver", async (_t) => {
  const said = new RecordedLog();
  const job = await memoryJobs.start("fillsHeap", "", { master: spark.url, logger: said });
  const error: unknown = await job.next().then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(error instanceof DStreamError);
  assert.match(
    error.message,
    /^\[SPARK_MEMORY_EXCEEDED\] a worker on \S+ reached the limit of its heap \(100 MB, its part of spark\.executor\.pyspark\.memory\): raise/,
  );
  assert.equal(error.data.setting, "spark.executor.pyspark.memory");
  assert.equal(said.warnings("BATCH_RETRIED").length, 1);
  assert.match(said.warnings("BATCH_RETRIED")[0] as string, /^batch 1000 is run again: \[SPARK_MEMORY_EXCEEDED\]/);
  await job.stop();
});

test("a worker that aborts for another reason is WORKER_DIED, with its signal", async () => {
  const job = await memoryJobs.start("aborts", "", { master: spark.url, maxBatchRetries: 0 });
  await assert.rejects(job.next(), { code: "WORKER_DIED", message: /a worker on \S+ ended by SIGABRT/ });
  await job.stop();
});
