import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// What a job leaves in its checkpoint folder while it runs.

async function counting(t: TestContext, numBatches: number) {
  const checkpointDir = temporaryDirectory(t);
  const clock = new ManualClock();
  const ssc = new StreamingContext({
    appName: "counting",
    batchInterval: 1_000,
    master: "local",
    clock,
    checkpointDir,
  });
  const totals: unknown[] = [];
  ssc
    .queueStream(Array.from({ length: numBatches }, (_, i) => ["a", `b${i % 10}`]))
    .map((word) => [word, 1] as const)
    .updateStateByKey((ones, total = 0) => total + ones.length, { partitioner: 2 })
    .foreachRDD(async (rdd) => {
      totals.push(new Map(await rdd.collect()).get("a"));
    });
  await ssc.start();
  await clock.advance(numBatches * 1_000);
  await ssc.stop();
  return { files: readdirSync(join(checkpointDir, "state")), totals };
}

test("a long job keeps a bounded number of state files: those no later batch needs are removed", async (t) => {
  const { files, totals } = await counting(t, 130);
  assert.equal(totals.at(-1), 130);
  // Two partitions, for each a snapshot, its deltas, and what the last batch but one replaced.
  assert.ok(files.length <= 2 * 2 * 21, `${files.length} files`);
});

test("a folder that cannot be made ends the start with its reason", async () => {
  const ssc = new StreamingContext({ appName: "refused", batchInterval: 1_000, checkpointDir: "/dev/null/checkpoint" });
  ssc.queueStream([["a"]]).print();
  await assert.rejects(ssc.start(), { code: "CHECKPOINT_UNAVAILABLE", message: /cannot be made: ENOTDIR/ });
});
