import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { runBatches, testJob } from "dstream/testing";
import { DStreamError } from "../../src/errors/dstream-error.ts";
import { nodeFileSystem, useFileSystem } from "../../src/runtime/file-system.ts";
import { FaultyFileSystem, type FileOperation, systemError } from "../support/faulty-file-system.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// A job whose disk fails: it stops with a reason, and once the disk works again the job goes on as if nothing had been.

after(() => useFileSystem(nodeFileSystem));

const numBatches = 3;
const input = Array.from({ length: numBatches }, (_, i) => ["a", `b${i % 3}`]);
export const totals = testJob<[string], readonly [string, number]>(import.meta.url, "totals", (_ssc, words) =>
  words.map((word) => [word, 1] as const).updateStateByKey((ones, total = 0) => total + ones.length),
);
// With batches behind the last input, so that there is one to compare when the failure came at the very end.
const expected = await runBatches(totals, [input], { numBatches: numBatches + 2 });

/** How many calls of an operation a whole run makes. */
async function callsOf(operation: FileOperation, directory: string): Promise<number> {
  const fs = new FaultyFileSystem(() => undefined);
  useFileSystem(fs);
  await runBatches(totals, [input], { checkpointDir: directory });
  return fs.counts[operation];
}

for (const [operation, code] of [
  ["write", "ENOSPC"],
  ["sync", "EIO"],
  ["open", "EMFILE"],
  ["rename", "EIO"],
  ["syncDirectory", "EIO"],
] as const) {
  test(`a failed ${operation}, wherever it is, stops the job with its code; started again it gives what it would have given`, async (t) => {
    const root = temporaryDirectory(t);
    const calls = await callsOf(operation, join(root, "whole"));
    assert.ok(calls >= numBatches, `${calls} calls`);
    for (let failing = 1; failing <= calls; failing++) {
      const checkpointDir = join(root, String(failing));
      const fs = new FaultyFileSystem((called, count) =>
        called === operation && count === failing ? systemError(code) : undefined,
      );
      useFileSystem(fs);
      const failure = await runBatches(totals, [input], { checkpointDir }).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure !== undefined) {
        assert.ok(failure instanceof DStreamError && failure.code === "CHECKPOINT_UNAVAILABLE", String(failure));
      }
      useFileSystem(nodeFileSystem);
      const resumed = await runBatches(totals, [input], { checkpointDir, numBatches: expected.length });
      const first = resumed.findIndex((rows) => rows.length > 0);
      assert.ok(first >= 0 && first < expected.length);
      const sorted = (rows: readonly (readonly [string, number])[]) => Object.fromEntries(rows);
      assert.deepEqual(resumed.slice(first).map(sorted), expected.slice(first).map(sorted), `${operation} ${failing}`);
    }
  });
}
