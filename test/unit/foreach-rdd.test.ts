import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamingContext, type StreamingContextOptions } from "dstream";
import { ManualClock } from "dstream/testing";

/** Runs a program's batches, one a second, and says how it ended. */
async function run(
  numBatches: number,
  build: (ssc: StreamingContext) => void,
  options: Partial<StreamingContextOptions> = {},
): Promise<void> {
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "test", batchInterval: 1_000, clock, ...options });
  build(ssc);
  const ended = ssc.awaitTermination();
  await ssc.start();
  await clock.advance(numBatches * 1_000);
  await ssc.stop();
  await ended;
}

test("foreachRDD works on a batch's rows in the words of Spark", async () => {
  const seen: unknown[] = [];
  await run(2, (ssc) => {
    const names = ssc.parallelize([["a", "Anna"] as const, ["b", "Berta"] as const]);
    ssc
      .queueStream([["a", "b", "a"], []], { numPartitions: 2 })
      .map((letter) => [letter, 1] as const)
      .foreachRDD(async (rdd, time) => {
        const counts = rdd.reduceByKey((a, b) => a + b).join(names);
        seen.push([
          time,
          await counts
            .values()
            .sortBy(([n]) => n, false)
            .collect(),
          await rdd.countByKey(),
        ]);
      });
  });
  assert.deepEqual(seen, [
    [
      1_000,
      [
        [2, "Anna"],
        [1, "Berta"],
      ],
      new Map([
        ["a", 2],
        ["b", 1],
      ]),
    ],
    [2_000, [], new Map()],
  ]);
});

test("an RDD can be queued", async () => {
  const seen: number[][] = [];
  await run(2, (ssc) => {
    const numbers = ssc.parallelize([1, 2, 3]);
    ssc
      .queueStream([numbers, numbers.map((n) => n * 2)])
      .foreachRDD(async (rdd) => void seen.push(await rdd.collect()));
  });
  assert.deepEqual(seen, [
    [1, 2, 3],
    [2, 4, 6],
  ]);
});

test("what needs rows beyond maxResultBytes says so; counting needs none", async () => {
  const outcomes: unknown[] = [];
  await run(
    1,
    (ssc) => {
      const rows = Array.from({ length: 2_000 }, (_, i) => `row ${i}`);
      ssc.queueStream([rows], { numPartitions: 1 }).foreachRDD(async (rdd) => {
        const isLarge = (error: { code: string }): string => error.code;
        outcomes.push(await rdd.count(), await rdd.isEmpty(), await rdd.take(2));
        outcomes.push(
          await rdd
            .map((row) => row.length)
            .collect()
            .catch(isLarge),
        );
        outcomes.push(await rdd.map((row) => row.length).take(2));
        outcomes.push(await rdd.distinct().count().catch(isLarge));
      });
    },
    { maxResultBytes: 5_000 },
  );
  assert.deepEqual(outcomes, [2_000, false, ["row 0", "row 1"], "RESULT_TOO_LARGE", [5, 5], "RESULT_TOO_LARGE"]);
});

test("an error of a function given to an RDD is foreachRDD's", async () => {
  const failing = run(1, (ssc) =>
    ssc.queueStream([[1]]).foreachRDD(async (rdd) => {
      await rdd
        .map(() => {
          throw new RangeError("no");
        })
        .collect();
    }),
  );
  await assert.rejects(failing, {
    code: "USER_FUNCTION_FAILED",
    message:
      /the function of foreachRDD \(test\/unit\/foreach-rdd\.test\.ts:\d+:\d+\) threw RangeError at test\/unit\/foreach-rdd\.test\.ts:\d+/,
  });
});
