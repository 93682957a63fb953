import assert from "node:assert/strict";
import { test } from "node:test";
import { KafkaProducer, KafkaUtils, StreamingContext } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test("a job goes on from its checkpoint with another batch interval: every record counts, windows slide", async (t) => {
  const broker = await EmbeddedBroker.start();
  t.after(() => broker.stop());
  await broker.createTopic("words");
  const brokers = [broker.bootstrapServers];
  const producer = new KafkaProducer({ brokers });
  t.after(() => producer.close());
  const checkpointDir = temporaryDirectory(t);
  /** Batches with one record each, from a time on: the total and the last 12 s, at each slide of two batches. */
  const run = async (batchInterval: number, from: number, numBatches: number): Promise<unknown[]> => {
    const seen: unknown[] = [];
    const clock = new ManualClock(from);
    const ssc = new StreamingContext({ appName: "interval", batchInterval, clock, checkpointDir });
    const ones = KafkaUtils.createDirectStream(ssc, { brokers, topics: ["words"], autoOffsetReset: "earliest" })
      .map(({ value }) => [value, 1] as const)
      .name("ones");
    ones
      .updateStateByKey((values, total = 0) => total + values.length, { name: "totals" })
      .foreachRDD(async (rdd, time) => void seen.push([time, "total", ...(await rdd.values().collect())]));
    ones
      .window(12_000, 2 * batchInterval)
      .name("recent")
      .foreachRDD(async (rdd, time) => void seen.push([time, "recent", await rdd.count()]));
    await ssc.start();
    for (let i = 0; i < numBatches; i++) {
      await producer.send({ topic: "words", value: "a" });
      await clock.advance(batchInterval);
    }
    await ssc.stop();
    await ssc.awaitTermination();
    return seen;
  };
  assert.deepEqual(await run(1_000, 1_000, 3), [
    [2_000, "total", 1],
    [3_000, "total", 2],
    [3_000, "recent", 2],
    [4_000, "total", 3],
  ]);
  assert.deepEqual(await run(3_000, 4_000, 4), [
    [6_000, "total", 4],
    [6_000, "recent", 4],
    [9_000, "total", 5],
    [12_000, "total", 6],
    [12_000, "recent", 6],
    [15_000, "total", 7],
  ]);
  // The record of the batch at 6,000 left with the window at 12,000, whose next one would not have covered it.
  assert.deepEqual(await run(1_000, 15_000, 1), [
    [16_000, "total", 8],
    [16_000, "recent", 4],
  ]);
});
