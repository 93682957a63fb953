import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { faultJobs, totalsOf } from "./jobs/fault-jobs.ts";

// Two executors in processes of their own, which Spark replaces when they die; it runs their tasks again by itself.

let spark: SparkServer;

before(async () => {
  spark = await startSpark({ mode: "local-cluster" });
});

after(async () => {
  await SharedSession.closeAll();
  await spark?.stop();
});

const sorted = (rows: readonly unknown[]): unknown[] =>
  rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

test("two executors share the work of a batch, each in a worker of its own", async () => {
  const job = await faultJobs.start("places", "", { master: spark.url });
  const rows = (await job.next()) as readonly [partition: number, rows: number, worker: number, executor: number][];
  await job.stop();
  assert.deepEqual(
    rows.map(([partition, count]) => [partition, count]).sort((a, b) => (a[0] as number) - (b[0] as number)),
    Array.from({ length: 8 }, (_, partition) => [partition, 1]),
  );
  const executors = Map.groupBy(rows, ([, , , executor]) => executor);
  assert.deepEqual([...executors.keys()].sort(), (await spark.executors()).sort());
  const workers = [...executors.values()].map((tasks) => new Set(tasks.map(([, , worker]) => worker)).size);
  assert.deepEqual(workers, [1, 1]);
});

for (const [name, what] of [
  ["workerKilledReading", "a worker that is killed while it reads its input"],
  ["workerKilledBehindState", "a worker that is killed when it has updated its state"],
  ["executorKilledReading", "an executor that is killed in mid-batch"],
  ["executorKilledAtTheEnd", "an executor that is killed after its tasks wrote state files"],
] as const) {
  test(`${what} costs and doubles nothing`, async (t) => {
    const before = await spark.executors();
    const folder = temporaryDirectory(t);
    const job = await faultJobs.start(name, folder, { master: spark.url, checkpointDir: temporaryDirectory(t) });
    for (let batch = 1; batch <= 4; batch++) assert.deepEqual(sorted(await job.next()), totalsOf(batch));
    assert.deepEqual(readdirSync(folder), ["killed"]);
    await job.stop();
    const still = new Set(await spark.executors());
    assert.equal(before.filter((pid) => !still.has(pid)).length, name.startsWith("executor") ? 1 : 0);
  });
}
