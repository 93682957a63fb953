import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { descriptorsOf, type Sizes, sizesOf } from "../support/spark/process-sizes.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { keys, numBatches, steadyJobs } from "./jobs/steady-jobs.ts";

let spark: SparkServer;

before(async () => {
  spark = await startSpark({ mode: "local-cluster" });
});

after(async () => {
  await SharedSession.closeAll();
  await spark?.stop();
});

/** By then compilers have compiled, pools are full and caches have their size. */
const warmBatches = 80;
/** Spark remembers the last thousand of its jobs and stages, and so much for each. */
const maxGrowthMb = 48;

/** This process's own. */
function driverSizes(): Sizes {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return { processes: 1, descriptors: descriptorsOf(process.pid), memoryMb: process.memoryUsage().heapUsed / 2 ** 20 };
}

test(`${numBatches} batches in a row leave no more processes, files, sockets and memory than ${warmBatches}`, {
  timeout: 600_000,
}, async (t) => {
  const job = await steadyJobs.start("totals", "", { master: spark.url, checkpointDir: temporaryDirectory(t) });
  const sizes = async () => ({ driver: driverSizes(), ...(await sizesOf(spark.groups)) });
  let warm: Awaited<ReturnType<typeof sizes>> | undefined;
  for (let batch = 1; batch <= numBatches; batch++) {
    const totals = new Map((await job.next()) as [string, number][]);
    assert.deepEqual([totals.size, new Set(totals.values())], [keys.length, new Set([batch])]);
    if (batch === warmBatches) warm = await sizes();
  }
  const last = await sizes();
  await job.stop();
  t.diagnostic(JSON.stringify({ warm, last }));
  for (const who of ["driver", "spark", "workers"] as const) {
    const [before, now] = [warm?.[who] as Sizes, last[who]];
    assert.ok(before.processes > 0, who);
    assert.ok(now.processes <= before.processes, `${who}: ${now.processes} processes after ${before.processes}`);
    // A request or two may be on their way.
    assert.ok(
      now.descriptors <= before.descriptors + 4,
      `${who}: ${now.descriptors} files after ${before.descriptors}`,
    );
    assert.ok(now.memoryMb <= before.memoryMb + maxGrowthMb, `${who}: ${now.memoryMb} MB after ${before.memoryMb}`);
  }
});
