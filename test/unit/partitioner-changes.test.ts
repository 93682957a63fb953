import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { DStreamError } from "dstream";
import { runBatches, testJob } from "dstream/testing";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// A partitioner of the program's own that is another one after a restart: the state of a key must not be in two places.

/** The partitioner of the run that is under way. */
let getPartition = (key: string): number => key.length % 2;
const own = { numPartitions: 2, getPartition: (key: string) => getPartition(key) };

const jobs = {
  updateStateByKey: testJob<[string], readonly [string, number]>(import.meta.url, "update", (_ssc, words) =>
    words
      .map((word) => [word, 1] as const)
      .updateStateByKey((ones, total = 0) => total + ones.length, { partitioner: own, name: "totals" }),
  ),
  "a window": testJob<[string], readonly [string, number]>(import.meta.url, "window", (_ssc, words) =>
    words
      .map((word) => [word, 1] as const)
      .partitionBy(own)
      .window(5_000)
      .name("totals")
      .reduceByKey((a, b) => a + b, own),
  ),
};

/** Each run goes on where the one before ended, until there are so many batches in sum; it returns the last. */
function runsOf(t: TestContext, job: (typeof jobs)["a window"]) {
  const checkpointDir = temporaryDirectory(t);
  return async (numBatches: number, place: typeof getPartition) => {
    getPartition = place;
    const input = Array.from({ length: numBatches }, () => ["a", "bb"]);
    const batches = await runBatches(job, [input], { checkpointDir, numBatches });
    return Object.fromEntries(batches.at(-1) ?? []);
  };
}

for (const [name, job] of Object.entries(jobs)) {
  test(`keys of ${name} that a partitioner places elsewhere than before are refused, without their names`, async (t) => {
    const goOn = runsOf(t, job);
    assert.deepEqual(await goOn(1, (key) => key.length % 2), { a: 1, bb: 1 });
    await assert.rejects(
      goOn(2, (key) => (key.length + 1) % 2),
      ({ code, message, data }: DStreamError) => {
        assert.equal(code, "INVALID_OPTION");
        assert.match(
          message,
          /: the checkpoint has a key of totals in partition [01] that getPartition now places in [01]; a partitioner must not change between runs: .* dropState: \["totals"\]$/,
        );
        assert.doesNotMatch(message, /bb/);
        assert.equal(data.before, 1 - (data.now as number));
        return true;
      },
    );
    assert.deepEqual(await goOn(2, (key) => key.length % 2), { a: 2, bb: 2 });
  });
}
