import assert from "node:assert/strict";
import { test } from "node:test";
import type { DStreamError } from "dstream";
import { runBatches, testJob } from "dstream/testing";
import type { CheckpointRecord } from "../../src/driver/checkpoint/checkpoint-state.ts";
import { decodeRecords, encodeRecords } from "../../src/driver/checkpoint/journal-text.ts";
import { runtimeKey } from "../../src/runtime/job-runtime.ts";
import { FaultyFileSystem, systemError } from "../support/faulty-file-system.ts";
import { MemoryFileSystem } from "../support/memory-file-system.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// Checkpoints that a job cannot go on from, met by whole jobs: each ends with a code, or goes on as if nothing had been.

const checkpointDir = "/checkpoint";
const numBatches = 25;
const words = Array.from({ length: numBatches + 3 }, (_, i) => ["a", `b${i % 3}`, `c${i % 5}`]);

const job = testJob<[string], readonly [string, number]>(import.meta.url, "totals and window", (_ssc, input) => {
  const pairs = input.map((word) => [word, 1] as const);
  const totals = pairs.updateStateByKey<number>((ones, total = 0) => total + ones.length, { partitioner: 2 });
  const lately = pairs.reduceByKeyAndWindow((a, b) => a + b, 4_000).map(([word, n]) => [`lately ${word}`, n] as const);
  return totals.union(lately);
});

/** Runs the job on the files until there are so many batches in sum; what it gave by batch, without those of earlier runs. */
async function run(fs: MemoryFileSystem, until: number): Promise<object[]> {
  const options = { checkpointDir, numBatches: until, [runtimeKey]: { files: fs } };
  const batches = await runBatches(job, [words], options);
  return batches.map((rows) => Object.fromEntries(rows));
}

test("a checkpoint that is damaged anywhere ends the job with a code, or the job goes on as if it was not", async () => {
  const kept = new MemoryFileSystem();
  await run(kept, numBatches);
  const whole = await run(new MemoryFileSystem(), numBatches + 3);
  const random = seededRandom(1);
  const outcomes = new Set<string>();
  for (let flip = 0; flip < 20; flip++) {
    const fs = kept.clone();
    const bytes = fs.bytesOf(fs.paths[flip % fs.paths.length] as string);
    const at = random(bytes.length);
    bytes[at] = (bytes[at] as number) ^ (1 << random(8));
    const outcome = await run(fs, numBatches + 3).catch((error: DStreamError) => error.code);
    outcomes.add(typeof outcome === "string" ? outcome : "went on");
    if (typeof outcome !== "string") assert.deepEqual(outcome.slice(numBatches), whole.slice(numBatches));
  }
  assert.deepEqual([...outcomes].sort(), ["CHECKPOINT_CORRUPT", "went on"]);
});

test("a checkpoint of a newer format is refused with both formats, and left as it is", async () => {
  const fs = new MemoryFileSystem();
  await run(fs, 2);
  const path = `${checkpointDir}/journal.1`;
  const [first, ...steps] = decodeRecords(fs.bytesOf(path), path) as CheckpointRecord[];
  assert.equal(first?.type, "checkpoint");
  const newer = encodeRecords([{ ...first, state: { ...first.state, format: 3 } }, ...steps]);
  fs.put(path, newer);
  await assert.rejects(run(fs, 3), {
    code: "CHECKPOINT_TOO_NEW",
    message: "[CHECKPOINT_TOO_NEW] the checkpoint in /checkpoint has format 3; this version reads up to 2",
  });
  assert.deepEqual(fs.bytesOf(path), newer);
});

for (const [what, failing, message] of [
  ["lock", /lock/, /lock.* cannot be written: EACCES/],
  ["journal", /journal.*new$/, /journal.* cannot be written: EACCES/],
  ["state", /\/state\//, /state file .* cannot be written: EACCES/],
] as const) {
  test(`a folder in which no ${what} can be made ends the job with its path`, async (t) => {
    const directory = temporaryDirectory(t);
    const files = new FaultyFileSystem((operation, _count, path) =>
      operation === "open" && failing.test(path) ? systemError("EACCES") : undefined,
    );
    const options = { checkpointDir: directory, numBatches: 2, [runtimeKey]: { files } };
    const refused = { code: "CHECKPOINT_UNAVAILABLE", retryable: false, message } as const;
    await assert.rejects(runBatches(job, [words], options), refused);
  });
}
