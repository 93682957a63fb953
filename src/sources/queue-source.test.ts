import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamingContext } from "../index.ts";
import { ManualClock } from "../testing/manual-clock.ts";

/** What the batches of a queue stream have, with two arrays put into the queue before each batch but the last. */
async function batchesOf(oneAtATime: boolean): Promise<number[][]> {
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "queue", batchInterval: 1_000, clock });
  const queue: number[][] = [];
  const batches: number[][] = [];
  ssc.queueStream(queue, { oneAtATime }).foreachRDD(async (rdd) => void batches.push(await rdd.collect()));
  await ssc.start();
  for (const entries of [[[1], [2], [3]], [[4], [5]], [], [], []]) {
    queue.push(...entries);
    await clock.advance(1_000);
  }
  await ssc.stop();
  return batches;
}

test("one at a time, a batch has one entry of the queue, also when several are there", async () => {
  assert.deepEqual(await batchesOf(true), [[1], [2], [3], [4], [5]]);
});

test("else a batch has all entries that are there", async () => {
  assert.deepEqual(await batchesOf(false), [[1, 2, 3], [4, 5], [], [], []]);
});

for (const [what, fallback, expected] of [
  ["the default", [9], [[1], [9]]],
  ["an RDD for the default", "rdd", [[1], [9]]],
  ["no RDD where the default is null", null, [[1]]],
  ["no rows without a default", undefined, [[1], []]],
] as const) {
  test(`a batch that finds the queue empty has ${what}`, async () => {
    const clock = new ManualClock();
    const ssc = new StreamingContext({ appName: "queue", batchInterval: 1_000, clock });
    const batches: number[][] = [];
    const empty = fallback === "rdd" ? ssc.parallelize([9]) : fallback;
    const options = empty === undefined ? {} : { default: empty };
    ssc.queueStream([[1]], options).foreachRDD(async (rdd) => void batches.push(await rdd.collect()));
    await ssc.start();
    await clock.advance(2_000);
    await ssc.stop();
    assert.deepEqual(batches, expected);
  });
}

for (const [options, expected] of [
  [{}, [[[1], [2, 3]], [[4, 5]]]],
  [{ oneAtATime: false }, [[[1], [2, 3], [4, 5]]]],
  [{ numPartitions: 1 }, [[[1, 2, 3]], [[4, 5]]]],
] as const) {
  test(`RDDs of the queue keep their partitions unless others are asked for: ${JSON.stringify(options)}`, async () => {
    const clock = new ManualClock();
    const ssc = new StreamingContext({ appName: "queue", batchInterval: 1_000, clock });
    const batches: number[][][] = [];
    const queue = [ssc.parallelize([1, 2, 3], 2), ssc.parallelize([4, 5])];
    const glommed = ssc.queueStream(queue, { ...options, default: null }).glom();
    glommed.foreachRDD(async (rdd) => void batches.push(await rdd.collect()));
    await ssc.start();
    await clock.advance(2_000);
    await ssc.stop();
    assert.deepEqual(batches, expected);
  });
}
