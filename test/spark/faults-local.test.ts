import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { dstream } from "../support/dstream.ts";
import { fileAppears } from "../support/file-appears.ts";
import { processGone } from "../support/process-gone.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";
import { type Cut, TcpProxy } from "../support/tcp-proxy.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { faultJobs, totalsOf } from "./jobs/fault-jobs.ts";

// What breaks while a batch runs must not show in what it gives. Spark's local mode does not run tasks again: here it is our
// driver that runs the batch again.

let spark: SparkServer;
let proxy: TcpProxy;

before(async () => {
  spark = await startSpark({ mode: "local" });
  proxy = await TcpProxy.start(portOf(spark));
});

after(async () => {
  await SharedSession.closeAll();
  await proxy?.[Symbol.asyncDispose]();
  await spark?.stop();
});

const portOf = ({ url }: SparkServer): number => Number(new URL(url).port);
const throughProxy = (): string => `sc://127.0.0.1:${proxy.port}`;
const sorted = (rows: readonly unknown[]): unknown[] =>
  rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

/** Resolves when a task of the job waits in the middle of batch 2. */
const isThere = (folder: string): Promise<void> => fileAppears(folder, "there");

for (const [name, where] of [
  ["workerKilledReading", "while it reads its input"],
  ["workerKilledBehindState", "when it has updated its state"],
  ["workerKilledAtTheEnd", "when state files are written"],
] as const) {
  test(`a worker that is killed ${where} costs and doubles nothing`, async (t) => {
    const folder = temporaryDirectory(t);
    const job = await faultJobs.start(name, folder, { master: spark.url, checkpointDir: temporaryDirectory(t) });
    for (let batch = 1; batch <= 4; batch++) assert.deepEqual(sorted(await job.next()), totalsOf(batch));
    assert.deepEqual(readdirSync(folder), ["killed"]);
    await job.stop();
  });
}

for (const how of ["reset", "end"] as const satisfies Cut[]) {
  test(`a connection that breaks in mid-batch (${how}) costs and doubles nothing`, async (t) => {
    const folder = temporaryDirectory(t);
    const there = isThere(folder);
    const job = await faultJobs.start("meetsTheTest", folder, {
      master: throughProxy(),
      checkpointDir: temporaryDirectory(t),
    });
    assert.deepEqual(sorted(await job.next()), totalsOf(1));
    const second = job.next();
    await there;
    const { connections } = proxy;
    proxy.cut(how);
    writeFileSync(join(folder, "go"), "");
    assert.deepEqual(sorted(await second), totalsOf(2));
    assert.ok(proxy.connections > connections);
    assert.deepEqual(sorted(await job.next()), totalsOf(3));
    await job.stop();
  });
}

test("an interrupt ends the command, its query on the server, and every process of the query", async (t) => {
  const file = join(temporaryDirectory(t), "heartbeats");
  const args = ["run", "test/spark/jobs/heartbeats.ts", "--master", spark.url, "--", file];
  const { code, stdout } = await dstream(args, {
    onStart: ({ kill, stdin }) => {
      stdin.end();
      const timer = setInterval(async () => {
        const beats = await readFile(file, "utf8").catch(() => "");
        if (beats === "") return;
        clearInterval(timer);
        kill("SIGINT");
      }, 50);
    },
  });
  // Its batch was given up.
  assert.deepEqual([code, stdout], [1, ""]);
  for (const pid of new Set((await readFile(file, "utf8")).trim().split("\n"))) await processGone(Number(pid));
});

test("a server that is restarted in mid-batch gets the job again, which goes on from its state", async (t) => {
  const folder = temporaryDirectory(t);
  const there = isThere(folder);
  const job = await faultJobs.start("meetsTheTest", folder, {
    master: spark.url,
    checkpointDir: temporaryDirectory(t),
  });
  assert.deepEqual(sorted(await job.next()), totalsOf(1));
  const second = job.next().then((rows) => assert.deepEqual(sorted(rows), totalsOf(2)));
  second.catch(() => {});
  await there;
  await spark.stop();
  writeFileSync(join(folder, "go"), "");
  spark = await startSpark({ mode: "local", port: portOf(spark) });
  await second;
  assert.deepEqual(sorted(await job.next()), totalsOf(3));
  await job.stop();
});

test("a server that stays away ends the job, with its address, within the time of a restart", async (t) => {
  const folder = temporaryDirectory(t);
  const there = isThere(folder);
  const job = await faultJobs.start("meetsTheTest", folder, {
    master: spark.url,
    checkpointDir: temporaryDirectory(t),
  });
  assert.deepEqual(sorted(await job.next()), totalsOf(1));
  const refused = assert.rejects(job.next(), {
    code: "SPARK_UNREACHABLE",
    message: new RegExp(
      `no Spark Connect server answered .* at 127\\.0\\.0\\.1:${portOf(spark)} .*; it was tried for 60 s`,
    ),
  });
  await there;
  await spark.stop();
  writeFileSync(join(folder, "go"), "");
  await refused;
});

test("a session that was left open for the next job, on a server which was restarted since, is replaced", async (t) => {
  spark = await startSpark({ mode: "local", port: portOf(spark) });
  const options = { master: spark.url, checkpointDir: temporaryDirectory(t) };
  const before = await faultJobs.start("meetsTheTest", temporaryDirectory(t), options);
  assert.deepEqual(sorted(await before.next()), totalsOf(1));
  await before.stop();
  await spark.stop();
  spark = await startSpark({ mode: "local", port: portOf(spark) });
  const job = await faultJobs.start("meetsTheTest", temporaryDirectory(t), {
    ...options,
    checkpointDir: temporaryDirectory(t),
  });
  assert.deepEqual(sorted(await job.next()), totalsOf(1));
  await job.stop();
});
