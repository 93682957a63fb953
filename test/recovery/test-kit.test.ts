import assert from "node:assert/strict";
import { test } from "node:test";
import { EmbeddedBroker } from "dstream/broker";
import { type Batches, expectBatches, type Fault, fail, kill, restart, runBatches, testJob } from "dstream/testing";
import { crashPoints } from "../../src/runtime/crash-points.ts";
import { committedEntries } from "../support/exactly-once/committed-topic.ts";

// Faults of the test kit at every step of the commit protocol that a job without a transaction has.

export const totals = testJob<[string], readonly [string, number]>(import.meta.url, "totals", (_ssc, words) =>
  words.map((word) => [word, 1] as const).updateStateByKey((ones, total = 0) => total + ones.length),
);
const expected: [string, number][][] = [[["a", 1]], [["a", 2]], [["a", 3]], [["a", 4]], [["a", 4]]];
const inputWith = (...faults: Fault[]): [Batches<string>] => [[["a"], ["a"], ["a"], ...faults, ["a"], []]];
const passed = crashPoints.filter((point) => !/produce|txn/.test(point));

/** Writes every word to a topic, exactly-once since runs have a checkpoint. */
export const copies = testJob<[string], string>(import.meta.url, "copies", (_ssc, words) => {
  words.saveToKafka({ topic: "copies", toRecord: (value) => ({ key: value, value }) });
  return words;
});

for (const point of crashPoints.filter((each) => /produce|txn/.test(each))) {
  test(`killed at ${point}, a job that writes to Kafka exactly-once writes each record once`, async (t) => {
    const broker = await EmbeddedBroker.start();
    t.after(() => broker.stop());
    await broker.createTopic("copies");
    // The process that is killed has the environment of this one.
    process.env.DSTREAM_BROKERS = broker.bootstrapServers;
    t.after(() => delete process.env.DSTREAM_BROKERS);
    await expectBatches(copies, [[["a"], kill(point), ["b"], restart(), ["c"]]], [["a"], ["b"], ["c"]]);
    const copied = await committedEntries(broker.bootstrapServers, "copies");
    assert.deepEqual(
      copied.map(({ value }) => value),
      ["a", "b", "c"],
    );
  });
}

for (const master of ["local", "local[2]"]) {
  for (const point of passed.filter((each) => each !== "in-cleanup")) {
    test(`killed at ${point} on ${master}, a job gives each batch once`, () =>
      expectBatches(totals, inputWith(kill(point)), expected, { master }));
  }
}

test("an attempt fails and the next one is killed on its way, on threads, too", () =>
  expectBatches(totals, inputWith(fail(), kill("in-last-level")), expected, { master: "local[2]" }));

test("killed three times in one batch, a job gives it once", () =>
  expectBatches(totals, inputWith(kill("in-level-0"), kill("after-offset-log"), kill()), expected));

test("an attempt that fails once more than a batch is run again ends the job with the fault's message", async () => {
  const faults = [1, 2, 3, 4].map((n) => fail(`failure ${n}`));
  await assert.rejects(runBatches(totals, inputWith(...faults)), {
    code: "USER_FUNCTION_FAILED",
    message: "[USER_FUNCTION_FAILED] failure 4",
    data: { batchTime: 4_000 },
  });
});
