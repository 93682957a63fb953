import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { after, before, test } from "node:test";
import { HostCluster } from "../../support/hosts/host-cluster.ts";
import { hostJobs } from "../jobs/host-jobs.ts";

// A host that has another time than the driver. Java takes long to start with a clock that is not the machine's.

let cluster: HostCluster;

before(async () => {
  cluster = await HostCluster.start({ workerTimeout: 60 });
});

after(() => cluster?.stop());

test("a host whose clock is an hour ahead", async (t) => {
  const [library] = globSync("/usr/lib/*/faketime/libfaketime.so.1");
  if (library === undefined) return t.skip("untried: libfaketime is not installed (package faketime)");
  const host = cluster.spark.host("node1");
  await host.kill();
  await cluster.spark.startWorker(host, {
    ...{ LD_PRELOAD: library, FAKETIME: "+1h", FAKETIME_DONT_FAKE_MONOTONIC: "1", DONT_FAKE_MONOTONIC: "1" },
  });
  await cluster.spark.everyHostHasExecutor();
  const places = await hostJobs.start("places", "", { master: cluster.spark.url });
  const rows = (await places.next()) as { host: string; now: number }[];
  await places.stop({ keepsSession: true });
  const ahead = new Set(rows.filter(({ now }) => now > Date.now() + 3_000_000).map((row) => row.host));
  assert.deepEqual([...ahead], ["node1"]);
  const topic = await cluster.newTopic();
  const checkpointDir = cluster.sharedFolder(topic.name);
  const job = await hostJobs.start("totals", topic.name, { master: cluster.spark.url, checkpointDir });
  for (let batch = 1; batch <= 3; batch++) await cluster.checkNext(job, topic, "totals");
  await job.stop();
});
