import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ManyKeys } from "../../bench/many-keys/many-keys.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// The job of bench/state-on-disk.ts, which has ten million keys, with as many as tests have time for.

const [numKeys, perBatch] = [200_000, 20_000];
const range = (batch: number) => ({ first: batch * perBatch, count: perBatch, step: 7_919, of: numKeys });

test("a job whose state is on disk is killed again and again, and has every key with its count", async (t) => {
  const many = await ManyKeys.start(join(temporaryDirectory(t), "checkpoint"));
  t.after(() => many.stop());
  await many.feed(Array.from({ length: 30 }, (_, i) => range(i * 7_919)));
  await many.feed([{ ...range(0), count: 1 }]);
  let maxRssMb = 0;
  for (const batches of [7, 9, 6, undefined]) {
    const run = many.run("disk");
    await (batches === undefined ? run.sawBatchOf(1) : run.counted(batches * perBatch));
    await run.kill();
    maxRssMb = Math.max(maxRssMb, ...run.reports.map((report) => report.maxRssMb));
  }
  const { keys, counted } = await many.totals();
  assert.deepEqual({ keys, counted }, { keys: numKeys, counted: 30 * perBatch + 1 });
  assert.ok(maxRssMb < 1_024, `${maxRssMb} MiB`);
});
