import { after, before, test } from "node:test";
import { fail, kill, restart } from "dstream/testing";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { randomCases } from "../cases/random/random-jobs.ts";
import { checksTogether } from "../cases/run-cases.ts";
import { updateStateByKey } from "../cases/tables/update-state-by-key.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";

// Faults of the test kit, and random jobs, on Spark.

let spark: SparkServer;
before(async () => {
  spark = await startSpark({ mode: "local" });
});
after(async () => {
  await SharedSession.closeAll();
  await spark?.stop();
});

test("killed while the driver and while a task works, and moved to this machine, state is what it is in one run", async (t) => {
  const faults = {
    2: [kill()],
    3: [fail(), kill("in-last-level"), restart({ master: "local[2]" })],
    4: [fail()],
  };
  for (const [row, check] of await checksTogether(updateStateByKey, spark.url, { faults }))
    await t.test(row.name, check);
});

test("random jobs give what arrays give", async (t) => {
  for (const [row, check] of await checksTogether(randomCases(1_000, 25), spark.url)) await t.test(row.name, check);
});
