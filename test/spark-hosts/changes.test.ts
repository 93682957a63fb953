import assert from "node:assert/strict";
import { existsSync, globSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { type Host, mounts } from "../support/hosts/host.ts";
import { HostCluster } from "../support/hosts/host-cluster.ts";
import { shortTimeouts } from "../support/hosts/spark-on-hosts.ts";
import type { RecordedLog } from "../support/recorded-log.ts";
import { hostJobs } from "./jobs/host-jobs.ts";

// A cluster that changes while a job runs, as its settings let it: executors come and go, tasks run twice, results of a stage get lost.

const pollMs = 100;
const longestMs = 60_000;

let cluster: HostCluster;

before(async () => {
  cluster = await HostCluster.start({ conf: shortTimeouts });
});

after(() => cluster?.stop());

/** The next tests have a server with these settings, too. */
async function withSettings(conf: Readonly<Record<string, string>>): Promise<void> {
  await SharedSession.closeAll();
  await cluster.spark.startServer({ ...shortTimeouts, ...conf });
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + longestMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error("it did not come");
    await delay(pollMs);
  }
}

test("shuffle files that are lost between two stages are made again by the first", async (t) => {
  const strike = async (host: Host): Promise<void> => {
    const files = globSync(join(await host.path(mounts.local), "*/**/shuffle_*"));
    assert.notEqual(files.length, 0);
    for (const file of files) rmSync(file);
  };
  await cluster.break(t, { job: "totals", stage: 1, holdsBoth: true, strike });
  await cluster.spark.serverSaid(/as failed due to a fetch failure/, 1_000);
});

const ballast = (host: Host): Promise<string> => host.path(join(mounts.local, "ballast"));

test("where the disks of all hosts are full one is named, and the batch is run again until there is room", async (t) => {
  let files: string[] = [];
  const strike = async (_host: Host, said: RecordedLog): Promise<void> => {
    files = await Promise.all(cluster.spark.hosts.map(ballast));
    for (const file of files) fillDisk(file);
    const isFull = /^batch 2000 is run again: \[SPARK_DISK_FULL\] a disk of 10\.99\.0\.[23] is full/;
    void (async () => {
      while (!isFull.test((await said.next("BATCH_RETRIED")).message));
      for (const file of files) rmSync(file);
    })();
  };
  await cluster.break(t, { job: "copies", strike });
  assert.deepEqual(files.map(existsSync), [false, false]);
});

test("a host whose disk is full, where Spark excludes executors that fail", async (t) => {
  await withSettings({ "spark.excludeOnFailure.enabled": "true" });
  const strike = async (host: Host): Promise<void> => fillDisk(await ballast(host));
  await cluster.break(t, { job: "counts", strike, repair: async (host) => rmSync(await ballast(host)) });
  await cluster.spark.serverSaid(/No space left on device/, 1_000);
});

test("with dynamic allocation executors leave an idle job, and come back for its next batch", async (t) => {
  await withSettings({
    "spark.dynamicAllocation.enabled": "true",
    "spark.dynamicAllocation.shuffleTracking.enabled": "true",
    "spark.dynamicAllocation.shuffleTracking.timeout": "2s",
    "spark.dynamicAllocation.initialExecutors": "2",
    "spark.dynamicAllocation.executorIdleTimeout": "2s",
  });
  const topic = await cluster.newTopic();
  const checkpointDir = cluster.sharedFolder(topic.name);
  const job = await hostJobs.start("totals", topic.name, { master: cluster.spark.url, checkpointDir });
  for (let batch = 1; batch <= 2; batch++) {
    const started = performance.now();
    await cluster.checkNext(job, topic, "totals");
    t.diagnostic(`batch ${batch} took ${((performance.now() - started) / 1_000).toFixed(1)} s`);
    if (batch < 2) await until(async () => (await executors()).length === 0);
  }
  await job.stop();
});

const executors = async (): Promise<number[]> =>
  (await Promise.all(cluster.spark.hosts.map((host) => host.executors()))).flat();

test("a host that is decommissioned hands its results over and leaves", async (t) => {
  await withSettings({
    "spark.decommission.enabled": "true",
    "spark.storage.decommission.enabled": "true",
    "spark.storage.decommission.shuffleBlocks.enabled": "true",
  });
  const strike = async (host: Host): Promise<void> => {
    const [worker] = await host.workers();
    process.kill(worker as number, "SIGPWR");
    await cluster.spark.serverSaid(/[Dd]ecommission/, longestMs);
  };
  const repair = async (host: Host): Promise<void> => {
    await until(async () => (await host.executors()).length === 0);
    await host.kill();
    await cluster.spark.startWorker(host);
  };
  await cluster.break(t, { job: "totals", stage: 1, strike, repair });
});

test("with speculation a job without state is exact, while a slow task runs twice", async (t) => {
  await withSettings({
    "spark.speculation": "true",
    "spark.speculation.interval": "100ms",
    "spark.speculation.multiplier": "1.1",
    "spark.speculation.quantile": "0.5",
  });
  await cluster.break(t, { job: "copies", withoutHeldTask: true, strike: async () => {} });
  await cluster.spark.serverSaid(/speculatable|speculative/i, 1_000);
});

test("with speculation a job with state is refused", async () => {
  const topic = await cluster.newTopic();
  const checkpointDir = cluster.sharedFolder(topic.name);
  await assert.rejects(hostJobs.start("totals", topic.name, { master: cluster.spark.url, checkpointDir }), {
    code: "NOT_SUPPORTED",
    message: /spark\.speculation is on; a job with state needs it off/,
  });
});

/** Writes until nothing more goes in. */
function fillDisk(file: string): void {
  const piece = Buffer.alloc(1024 * 1024);
  for (;;) {
    try {
      writeFileSync(file, piece, { flag: "a" });
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC");
      return;
    }
  }
}
