import { after, before, describe, test } from "node:test";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { allCases } from "../cases/all-cases.ts";
import { checksTogether, runCase } from "../cases/run-cases.ts";
import { sparkModes } from "../support/spark/spark-mode.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";

// The shared case table on real Spark: all cases in one job, as one query a batch, and those that end their job in jobs of their
// own where starting one is cheapest. On local-cluster state is on disk.

for (const mode of sparkModes) {
  describe(`on Spark ${mode}`, () => {
    let spark: SparkServer;
    let checks: Awaited<ReturnType<typeof checksTogether>>;
    before(async () => {
      spark = await startSpark({ mode });
      checks = await checksTogether(allCases, spark.url, {
        stateStores: [mode === "local-cluster" ? "disk" : "memory"],
      });
    });
    after(async () => {
      await SharedSession.closeAll();
      await spark?.stop();
    });
    for (const row of allCases) {
      if (row.expected.kind === "batches") test(row.name, () => checks.get(row)?.());
      else if (mode === "local") test(row.name, () => runCase(row, spark.url));
    }
  });
}
