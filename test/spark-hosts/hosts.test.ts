import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Host, hostUser } from "../support/hosts/host.ts";
import { HostCluster } from "../support/hosts/host-cluster.ts";
import { shortTimeouts } from "../support/hosts/spark-on-hosts.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { hostJobs } from "./jobs/host-jobs.ts";

// Two hosts that share nothing with the driver but a network and, where a test says so, one folder.

let cluster: HostCluster;

before(async () => {
  cluster = await HostCluster.start({ conf: shortTimeouts });
});

after(() => cluster?.stop());

test("tasks run on both hosts, as another user, without the driver's folders, Python or Node", async (t) => {
  const own = join(temporaryDirectory(t), "own");
  writeFileSync(own, "");
  const paths = [own, join(process.cwd(), "package.json"), process.execPath];
  const job = await hostJobs.start("places", paths.join(","), { master: cluster.spark.url });
  const rows = (await job.next()) as { host: string; uid: number; files: string[]; runs: string[] }[];
  await job.stop({ keepsSession: true });
  assert.deepEqual(new Set(rows.map(({ host }) => host)), new Set(["node1", "node2"]));
  for (const { uid, files, runs } of rows)
    assert.deepEqual({ uid, files, runs }, { uid: hostUser.uid, files: [], runs: [] });
});

test("a job with state whose checkpoint the hosts do not see ends at its start, and names host and folder", async (t) => {
  const folder = temporaryDirectory(t);
  const topic = await cluster.newTopic();
  await assert.rejects(hostJobs.start("totals", topic.name, { master: cluster.spark.url, checkpointDir: folder }), {
    code: "STATE_PATH_NOT_SHARED",
    message: new RegExp(`an executor on \\S+ does not share the folder ${folder}/state with the driver: \\S`),
  });
});

test("a job without state needs no folder that the hosts see", async (t) => {
  const topic = await cluster.newTopic();
  await cluster.broker.createTopic(`${topic.name}-counts`);
  const checkpointDir = temporaryDirectory(t);
  const job = await hostJobs.start("copies", topic.name, { master: cluster.spark.url, checkpointDir });
  await cluster.checkNext(job, topic, "copies");
  await job.stop({ keepsSession: true });
});

test("a shared folder that the hosts' user may not write to is named as such", async () => {
  const folder = cluster.sharedFolder("forbidden");
  chmodSync(folder, 0o755);
  const topic = await cluster.newTopic();
  await assert.rejects(hostJobs.start("totals", topic.name, { master: cluster.spark.url, checkpointDir: folder }), {
    code: "STATE_PATH_NOT_SHARED",
    message:
      /an executor on \S+ does not share the folder \/mnt\/shared\/forbidden\/state .*cannot write there \(EACCES\)/,
  });
});

test("state in a folder that driver and hosts share is exact", async () => {
  const topic = await cluster.newTopic();
  const checkpointDir = cluster.sharedFolder("totals");
  const job = await hostJobs.start("totals", topic.name, { master: cluster.spark.url, checkpointDir });
  for (let batch = 1; batch <= 3; batch++) await cluster.checkNext(job, topic, "totals");
  await job.stop({ keepsSession: true });
});

for (const kind of ["counts", "totals", "copies"] as const) {
  test(`a link that is cut and stays dark: ${kind}`, async (t) => {
    const warnings = await cluster.break(t, {
      job: kind,
      strike: (host) => host.cut(),
      repair: (host) => host.mend(),
    });
    const said =
      /^batch 2000 has made no progress for \d+ s, since \S+: stage 1 of 2 \(.*\): of its 4 tasks \d have ended, and \d runs?\. Tasks of an executor that was lost .* spark\.network\.timeout \(20s\) or /;
    assert.ok(
      warnings.some((text) => said.test(text)),
      warnings.join("\n"),
    );
    assert.ok(warnings.some((text) => /^batch 2000 goes on after \d+ s without progress$/.test(text)));
  });
}

test("a link that is dark for a few seconds", async (t) => {
  await cluster.break(t, {
    job: "counts",
    strike: async (host) => {
      await host.cut();
      await delay(4_000);
      await host.mend();
    },
  });
});

test("all processes of a host are lost", async (t) => {
  const strike = (host: Host): Promise<void> => host.kill();
  await cluster.break(t, { job: "totals", stage: 1, strike, repair: (host) => cluster.spark.startWorker(host) });
});

test("the executor of a host is killed", async (t) => {
  await cluster.break(t, { job: "totals", stage: 1, strike: (host) => killExecutors(host) });
});

test("all executors are killed", async (t) => {
  await cluster.break(t, {
    job: "copies",
    strike: async () => {
      for (const host of cluster.spark.hosts) await killExecutors(host);
    },
  });
});

test("a host whose link is cut loses its processes, too", async (t) => {
  await cluster.break(t, {
    job: "counts",
    strike: async (host) => {
      await host.cut();
      await host.kill();
    },
    repair: async (host) => {
      await host.mend();
      await cluster.spark.startWorker(host);
    },
  });
});

async function killExecutors(host: Host): Promise<void> {
  const pids = await host.executors();
  assert.notEqual(pids.length, 0);
  for (const pid of pids) process.kill(pid, "SIGKILL");
}
