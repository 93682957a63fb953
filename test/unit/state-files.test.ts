import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// What a job leaves in its checkpoint folder while it runs.

type Store = "memory" | "disk";

async function counting(checkpointDir: string, stateStore: Store, numBatches: number) {
  const clock = new ManualClock();
  const ssc = new StreamingContext({
    appName: "counting",
    batchInterval: 1_000,
    master: "local",
    clock,
    stateStore,
    checkpointDir,
  });
  const totals: unknown[] = [];
  ssc
    .queueStream(Array.from({ length: numBatches }, (_, i) => ["a", `b${i % 10}`]))
    .map((word) => [word, 1] as const)
    .updateStateByKey((ones, total = 0) => (total > 1 && ones.length === 0 ? undefined : total + ones.length), {
      partitioner: 2,
      name: "totals",
    })
    .foreachRDD(async (rdd) => {
      totals.push(new Map(await rdd.collect()).get("a"));
    });
  await ssc.start();
  await clock.advance(numBatches * 1_000);
  await ssc.stop();
  return { totals, state: ssc.progress.state };
}

for (const [stateStore, numBatches, left] of [
  ["memory", 130, 11],
  ["disk", 40, 2],
] as const) {
  test(`${stateStore}: a long job keeps a bounded number of state files: those no later batch needs are removed`, async (t) => {
    const checkpointDir = temporaryDirectory(t);
    const { totals, state } = await counting(checkpointDir, stateStore, numBatches);
    assert.equal(totals.at(-1), numBatches);
    const files = readdirSync(join(checkpointDir, "state"));
    // Two partitions, for each a chain, and what the last batch but one replaced.
    assert.ok(files.length <= 2 * 2 * 21, `${files.length} files`);
    // "b0" to "b9" go once they were seen twice, and come back.
    const { entries = 0, bytes = 0, operator } = state[0] ?? {};
    assert.deepEqual([operator, entries, bytes > 0], ["totals", left, true]);
  });
}

test("the panes of windows are on disk in a job without a checkpoint, too", async () => {
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "windows", batchInterval: 1_000, clock, stateStore: "disk" });
  const windows: string[][] = [];
  ssc
    .queueStream([["a"], ["b"], ["c"], ["d"]])
    .window(2_000)
    .foreachRDD(async (rdd) => void windows.push(await rdd.collect()));
  await ssc.start();
  await clock.advance(4_000);
  await ssc.stop();
  assert.deepEqual(windows, [["a"], ["a", "b"], ["b", "c"], ["c", "d"]]);
});

test("a kind of store that there is not is refused", () => {
  const options = { appName: "refused", batchInterval: 1_000, stateStore: "tape" as "disk" };
  assert.throws(() => new StreamingContext(options), { code: "INVALID_OPTION", message: /"memory" or "disk"/ });
});

test("a folder that cannot be made ends the start with its reason", async () => {
  const ssc = new StreamingContext({ appName: "refused", batchInterval: 1_000, checkpointDir: "/dev/null/checkpoint" });
  ssc.queueStream([["a"]]).print();
  await assert.rejects(ssc.start(), { code: "CHECKPOINT_UNAVAILABLE", message: /cannot be made: ENOTDIR/ });
});
