import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runBatches, testJob } from "dstream/testing";
import { DStreamError } from "../../src/errors/dstream-error.ts";
import { runtimeKey } from "../../src/runtime/job-runtime.ts";
import { FaultyFileSystem, type FileOperation, systemError } from "./faulty-file-system.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

export const totals = testJob<[string], readonly [string, number]>(import.meta.url, "totals", (_ssc, words) =>
  words.map((word) => [word, 1] as const).updateStateByKey((ones, total = 0) => total + ones.length),
);
const inputOf = (numBatches: number) => Array.from({ length: numBatches }, (_, i) => ["a", `b${i % 3}`]);

/** Calls of each operation in a whole run on a disk that works. */
async function callsOf(numBatches: number, checkpointDir: string): Promise<Record<FileOperation, number>> {
  const files = new FaultyFileSystem(() => undefined);
  await runBatches(totals, [inputOf(numBatches)], { checkpointDir, [runtimeKey]: { files } });
  return files.counts;
}

/**
 * Tests that a job whose disk fails at a call of an operation stops with a code, and that started again on a disk that works it
 * gives what it would have given: for every `step`-th call of the first `maxCalls`.
 */
export function testFailingDisk(
  operation: FileOperation,
  code: string,
  {
    numBatches,
    maxCalls = Number.POSITIVE_INFINITY,
    step = 1,
  }: { numBatches: number; maxCalls?: number; step?: number },
): void {
  test(`a failed ${operation}, wherever it is, stops the job with its code, and it goes on exactly when the disk works again`, async (t) => {
    const root = temporaryDirectory(t);
    const calls = (await callsOf(numBatches, join(root, "whole")))[operation];
    // With batches behind the last input, so that there is one to compare when the failure came at the very end.
    const expected = await runBatches(totals, [inputOf(numBatches)], { numBatches: numBatches + 3 });
    assert.ok(calls >= Math.min(numBatches, maxCalls), `${calls} calls`);
    for (let failing = 1; failing <= Math.min(calls, maxCalls); failing += step) {
      const checkpointDir = join(root, String(failing));
      const files = new FaultyFileSystem((called, count) =>
        called === operation && count === failing ? systemError(code) : undefined,
      );
      const options = { checkpointDir, [runtimeKey]: { files } };
      const failure: unknown = await runBatches(totals, [inputOf(numBatches)], options).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure !== undefined) {
        assert.ok(failure instanceof DStreamError && failure.code === "CHECKPOINT_UNAVAILABLE", String(failure));
      }
      const until = failure === undefined ? expected.length : Math.ceil((failing * numBatches) / calls) + 3;
      const resumed = await runBatches(totals, [inputOf(numBatches)], { checkpointDir, numBatches: until });
      const first = resumed.findIndex((rows) => rows.length > 0);
      const sorted = (rows: readonly (readonly [string, number])[]) => Object.fromEntries(rows);
      assert.ok(first >= 0, `${operation} ${failing}: nothing to compare`);
      assert.deepEqual(
        resumed.slice(first).map(sorted),
        expected.slice(first, until).map(sorted),
        `${operation} ${failing}`,
      );
    }
  });
}
