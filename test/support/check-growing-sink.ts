import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { partitionOfKey } from "../../src/kafka/producer/partitioner.ts";
import { type Delivery, type Sink, sendInput, startCopies } from "./copying-job.ts";
import { createPartitions } from "./kafka-job.ts";
import { topicRecords } from "./topic-records.ts";

const keys = Array.from({ length: 20 }, (_, i) => `key ${i}`);
const rounds = 4;

/**
 * The topic "out" of a copying job gets more partitions while it runs: they are used, all of a batch is written by one number of
 * partitions, and no record is missing or there twice. `pauseMs`: what brokers need to tell each other of partitions.
 */
export async function checkGrowingSink(
  t: TestContext,
  brokers: string,
  delivery: Delivery,
  pauseMs = 0,
): Promise<void> {
  const toRecord: Sink["toRecord"] = ({ key, value }) => ({ key, value });
  const job = await startCopies(t, brokers, delivery, { toRecord });
  for (let round = 0; round < rounds; round++) {
    if (round === 1) await createPartitions(brokers, "out", 5);
    const value = String(round);
    await sendInput(
      brokers,
      keys.map((key) => ({ key, value })),
    );
    await job.next();
    await delay(pauseMs);
  }
  await job.stop();
  const records = await topicRecords(brokers, "out");
  assert.equal(records.length, rounds * keys.length);
  const counts = Array.from({ length: rounds }, (_, round) => {
    const batch = records.filter(({ value }) => value === String(round));
    return [1, 5].filter((count) =>
      batch.every(({ key, partition }) => partition === partitionOfKey(key as string, count)),
    );
  });
  assert.deepEqual([counts[0], counts.at(-1)], [[1], [5]]);
  assert.ok(
    counts.every((count) => count.length === 1),
    "each batch has one number of partitions",
  );
}
