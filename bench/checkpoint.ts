// What a checkpoint costs a batch: an empty batch of a stateful job, and one that changes 1,000 keys, beside a bare loop
// of the syncs that the commit protocol needs. checkpoint.ts [FOLDER (a temporary one)].
// Prints one line of JSON with milliseconds, median and 99th percentile.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import { nodeFileSystem } from "../src/runtime/files/file-system.ts";
import { percentiles } from "./percentiles.ts";

const numBatches = 300;
const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), "dstream-"));

/** Two appends of a line, each synced: what a batch reads, and that it counts. */
async function bareSyncs(): Promise<number[]> {
  const file = await nodeFileSystem.open(join(folder, "bare"), "create");
  const line = Buffer.alloc(200, "x");
  const times: number[] = [];
  for (let i = 0; i < numBatches; i++) {
    const startedAt = performance.now();
    for (const part of [0, 1]) {
      await file.write(line, (2 * i + part) * line.length);
      await file.sync();
    }
    times.push(performance.now() - startedAt);
  }
  await file.close();
  return times;
}

/** Times of batches that each have `numKeys` keys, all of them with another state than before. */
async function batches(numKeys: number, checkpointDir: string): Promise<number[]> {
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "bench", batchInterval: 1_000, clock, master: "local", checkpointDir });
  const words = Array.from({ length: numKeys }, (_, i) => `word-${i}`);
  ssc
    .queueStream(Array.from({ length: 2 * numBatches }, () => words))
    .map((word) => [word, 1] as const)
    .updateStateByKey((ones, total = 0) => total + ones.length)
    .foreachRDD(() => {});
  await ssc.start();
  const times: number[] = [];
  for (let i = 0; i < 2 * numBatches; i++) {
    const startedAt = performance.now();
    await clock.advance(1_000);
    if (i >= numBatches) times.push(performance.now() - startedAt);
  }
  await ssc.stop();
  return times;
}

const results = {
  bareSyncs: percentiles(await bareSyncs()),
  empty: percentiles(await batches(0, join(folder, "empty"))),
  keys1000: percentiles(await batches(1_000, join(folder, "keys"))),
};
if (process.argv[2] === undefined) rmSync(folder, { recursive: true });
console.log(JSON.stringify(results));
