import assert from "node:assert/strict";
import { test } from "node:test";
import { type DStream, type PairDStream, StreamingContext } from "dstream";
import { runBatches, testJob } from "dstream/testing";

// Rows whose types were lost: what a program calls a stream of pairs may be anything at run time. No part of it is left out in silence.

const byKey: Readonly<Record<string, (rows: PairDStream<any, any>) => DStream<any>>> = {
  reduceByKey: (rows) => rows.reduceByKey((a) => a),
  "reduceByKey on one partition": (rows) => rows.reduceByKey((a) => a, 1),
  groupByKey: (rows) => rows.groupByKey(),
  mapValues: (rows) => rows.mapValues((value) => value),
  flatMapValues: (rows) => rows.flatMapValues((value) => [value]),
  join: (rows) => rows.join(rows),
  updateStateByKey: (rows) => rows.updateStateByKey((values) => values.length),
};

export const jobs = Object.entries(byKey).map(([name, build]) =>
  testJob<[unknown], any>(import.meta.url, name, (_ssc, rows) =>
    build(rows.map((row) => row) as PairDStream<any, any>),
  ),
);

const others: readonly (readonly [row: unknown, seen: string])[] = [
  [["a", 2, "lost"], "an array of 3"],
  [["k"], "an array of 1"],
  [[], "an array of 0"],
  ["ab", "string"],
];

for (const job of jobs) {
  test(`${job.name}: a row that is no pair is refused, and nothing of it left out`, async () => {
    for (const [row, seen] of others) {
      await assert.rejects(runBatches(job, [[[["a", 1], row]]]), {
        code: "ILLEGAL_STATE",
        message: new RegExp(
          `no-pairs\\.test\\.ts.*a row is no pair but ${seen}; operators by key need arrays of key and value`,
        ),
      });
    }
  });
}

test("a worker thread refuses them as well", async () => {
  const rows = [
    ["a", 1],
    ["a", 2, "lost"],
  ];
  const [reduceByKey] = jobs;
  assert.ok(reduceByKey);
  await assert.rejects(runBatches(reduceByKey, [[rows]], { master: "local[2]" }), { code: "ILLEGAL_STATE" });
});

test("operators by key of RDDs refuse them, too", async () => {
  const ssc = new StreamingContext({ appName: "rdd", batchInterval: 1_000 });
  const rows = ssc.parallelize([
    ["a", 1],
    ["a", 2, "lost"],
  ] as unknown as [string, number][]);
  const refused = { code: "ILLEGAL_STATE", message: /a row is no pair but an array of 3/ };
  for (const rdd of [rows.reduceByKey((a) => a), rows.groupByKey(), rows.mapValues((v) => v), rows.join(rows)]) {
    await assert.rejects(rdd.collect(), refused);
  }
  await assert.rejects(rows.collectAsMap(), refused);
});
