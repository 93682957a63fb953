import { after, before, describe, test } from "node:test";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { allCases } from "../cases/all-cases.ts";
import { runCase, runCasesTogether } from "../cases/run-cases.ts";
import { sparkModes } from "../support/spark/spark-mode.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";

// The shared case table on real Spark: each case in a job of its own on `local[2]`, and all in one job, as one query a batch,
// where executors are processes of their own.

describe("on Spark local[2], each case in a job of its own", () => {
  let spark: SparkServer;
  before(async () => {
    spark = await startSpark({ mode: "local" });
  });
  after(async () => {
    await SharedSession.closeAll();
    await spark.stop();
  });
  for (const row of allCases) test(row.name, () => runCase(row, spark.url));
});

for (const mode of sparkModes.filter((each) => each !== "local")) {
  describe(`on Spark ${mode}, all cases in one job`, () => {
    let spark: SparkServer;
    let checks: Awaited<ReturnType<typeof runCasesTogether>>;
    before(async () => {
      spark = await startSpark({ mode });
      checks = await runCasesTogether(allCases, spark.url);
    });
    after(async () => {
      await SharedSession.closeAll();
      await spark.stop();
    });
    for (const row of allCases.filter(({ expected }) => expected.kind === "batches")) {
      test(row.name, () => checks.get(row)?.());
    }
  });
}
