import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DStreamError } from "dstream";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { assertStates, randomBatches, startQueried } from "../support/queried-job.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// The rule of test/unit/query-state.test.ts, where executors write the state and the driver is asked.

let spark: SparkServer;
before(async () => {
  spark = await startSpark({ mode: "local" });
});
after(async () => {
  await SharedSession.closeAll();
  await spark?.stop();
});

for (const stateStore of ["memory", "disk"] as const) {
  test(`${stateStore}: a query sees the last committed batch while the next one is held, is run again, and after a restart elsewhere`, async (t) => {
    const checkpointDir = temporaryDirectory(t);
    const batches = randomBatches(seededRandom(11), 5);
    const seen: number[] = [];
    const { ssc, next } = await startQueried({
      ...{ master: spark.url, stateStore, checkpointDir, batches },
      async inBatch(batch, running) {
        await assertStates(running, batches, batch - 1);
        seen.push(batch);
        if (batch === 2 && seen.length === 2) {
          throw new DStreamError("USER_FUNCTION_FAILED", "passes", { retryable: true });
        }
      },
    });
    t.after(() => ssc.stop());
    await assertStates(ssc, batches, 0);
    for (let batch = 1; batch <= 4; batch++) {
      await next();
      await assertStates(ssc, batches, batch);
    }
    assert.deepEqual(seen, [1, 2, 2, 3, 4]);
    await ssc.stop();
    const moved = await startQueried({ master: "local", stateStore, checkpointDir, batches, committed: 4 });
    t.after(() => moved.ssc.stop());
    await assertStates(moved.ssc, batches, 4);
    await moved.next();
    await assertStates(moved.ssc, batches, 5);
    await moved.ssc.stop();
  });
}
