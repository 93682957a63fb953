import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { waitForLine } from "../support/log-line.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";
import { faultJobs } from "./jobs/fault-jobs.ts";

// A master that ends an application stops the server's SparkContext; the server's process stays, and listens. That a job goes on with a
// restarted server is in faults-local.test.ts and test/spark-yarn.

let spark: SparkServer;

before(async () => {
  spark = await startSpark({ mode: "standalone" });
});

after(async () => {
  await SharedSession.closeAll();
  await spark?.stop();
});

/** As the page of the master does it. */
async function endApplication({ logFile }: SparkServer): Promise<void> {
  const log = readFileSync(logFile, "utf8");
  const [, page] = /MasterWebUI to \S+ and started at (http:\S+)/.exec(log) ?? [];
  const [, id] = /Connected to Spark cluster with app ID (app-\S+)/.exec(log) ?? [];
  const body = new URLSearchParams({ id: id as string, terminate: "true" });
  await fetch(`${page}/app/kill/`, { method: "POST", body, redirect: "manual" });
  await waitForLine(logFile, /Successfully stopped SparkContext/, new Promise(() => {}), 30_000);
}

test("a stopped SparkContext is named by the batch that meets it, and by the start of a job", async () => {
  const job = await faultJobs.start("places", "", { master: spark.url, maxBatchRetries: 0 });
  assert.equal((await job.next()).length, 8);
  await endApplication(spark);
  const refused = {
    code: "SPARK_CONTEXT_STOPPED",
    message: /has stopped: restart the Connect server, whose log says why/,
  };
  await assert.rejects(job.next(), refused);
  await job.stop();
  await SharedSession.closeAll();
  for (let i = 0; i < 2; i++) {
    await assert.rejects(faultJobs.start("places", "", { master: spark.url }), refused);
    await delay(500);
  }
});
