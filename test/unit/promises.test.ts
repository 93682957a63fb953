import assert from "node:assert/strict";
import { test } from "node:test";
import { deserializers, type RDD, type State, StateSpec, StreamingContext } from "dstream";
import { runBatches, type TestJob, testJob } from "dstream/testing";
import { thisProcess } from "../../src/runtime/process/this-process.ts";
import { kafkaSink } from "../../src/streaming/output/kafka-sink.ts";
import { RecordMaker } from "../../src/task/sinks/record-maker.ts";

// A function whose result counts at once must not be async: a filter would accept every row. It is refused the first time that it
// gives a promise, at its line, and what the promise comes to is nobody's.

const url = import.meta.url;
/** What a program gives by mistake: a promise that fails later, where the types want something else. */
const later = async (): Promise<any> => {
  throw new Error("later");
};
const wrong = later as (...given: any[]) => any;
const pairs = (words: any): any => words.map((word: string) => [word, 1] as const);

const streams: Record<string, (words: any) => any> = {
  map: (words) => words.map(wrong),
  flatMap: (words) => words.flatMap(wrong),
  filter: (words) => words.filter(wrong),
  reduce: (words) => words.reduce(wrong),
  mapPartitions: (words) =>
    words.mapPartitions(async function* () {
      yield 1;
    }),
  mapValues: (words) => pairs(words).mapValues(wrong),
  flatMapValues: (words) => pairs(words).flatMapValues(wrong),
  reduceByKey: (words) => pairs(words).reduceByKey(wrong),
  "combineByKey's first": (words) =>
    pairs(words).combineByKey(
      wrong,
      () => 1,
      () => 1,
    ),
  "combineByKey's second": (words) =>
    pairs(words).combineByKey(
      () => 1,
      wrong,
      () => 1,
    ),
  partitionBy: (words) => pairs(words).partitionBy({ numPartitions: 2, getPartition: wrong }),
  updateStateByKey: (words) => pairs(words).updateStateByKey(wrong),
  updateStateByPartition: (words) => pairs(words).updateStateByPartition(wrong),
  mapWithState: (words) => pairs(words).mapWithState(StateSpec.function(wrong)),
  "a state of mapWithState": (words) =>
    pairs(words).mapWithState(
      StateSpec.function((_key: string, _one: number | undefined, state: State<unknown>) => state.update(later())),
    ),
  "an inverse": (words) =>
    pairs(words).reduceByKeyAndWindow((a: number, b: number) => a + b, 1_000, 1_000, { inverse: wrong }),
  "a window's filter": (words) =>
    pairs(words).reduceByKeyAndWindow((a: number, b: number) => a + b, 1_000, 1_000, {
      inverse: (a: number, b: number) => a - b,
      filter: wrong,
    }),
  transform: (words) => words.transform(wrong),
  "map in transform": (words) => words.transform((rdd: RDD<string>) => rdd.map(wrong)),
  "filter in transform": (words) => words.transform((rdd: RDD<string>) => rdd.filter(wrong)),
  "mapPartitions in transform": (words) => words.transform((rdd: RDD<string>) => rdd.mapPartitions(wrong)),
  "keyBy in transform": (words) => words.transform((rdd: RDD<string>) => rdd.keyBy(wrong)),
  "sortBy in transform": (words) => words.transform((rdd: RDD<string>) => rdd.sortBy(wrong)),
};
export const jobs: readonly TestJob<[string], unknown>[] = Object.entries(streams).map(([name, build]) =>
  testJob<[string], unknown>(url, name, (_ssc, words) => build(words)),
);

for (const job of jobs) {
  test(`${job.name} does not take a promise`, async () => {
    const input = [["a", "a", "a", "a"], ["a"]];
    await assert.rejects(runBatches(job, [input]), ({ code, message }) => {
      assert.equal(code, "PROMISE_NOT_AWAITED");
      assert.match(
        message,
        /^\[\w+\] \w+ \(test\/unit\/promises\.test\.ts:\d+:\d+\): the function gave (a promise|an async iterator)/,
      );
      assert.match(message, /foreachPartition\(\), foreachRDD\(\) or an async function of mapPartitions\(\)$/);
      return true;
    });
  });
}

export const inside = testJob<[string], unknown>(url, "inside", (_ssc, words) =>
  words.map((word) => ({ word, lookup: [later()] })),
);

test("a promise inside a row is refused with its path where the row leaves its task", async () => {
  await assert.rejects(runBatches(inside, [[["a"]]]), {
    code: "PROMISE_NOT_AWAITED",
    message: /the function gave a promise \(at 0\.lookup\.0\) in a value/,
  });
});

export const waits = testJob<[string], string>(url, "waits", (_ssc, words) =>
  words.mapPartitions(async (rows) => {
    await new Promise((resolve) => setImmediate(resolve));
    return Array.from(rows, (word) => word.toUpperCase());
  }),
);

for (const master of ["local", "local[2]"]) {
  test(`mapPartitions waits for an async function on ${master}`, async () => {
    assert.deepEqual(await runBatches(waits, [[["a"], ["b"]]], { master }), [["A"], ["B"]]);
  });
}

const ssc = new StreamingContext({ appName: "promises", batchInterval: 1_000 });
const words = (): any => ssc.parallelize(["a", "b", "a"]);
const ones = (): any => words().map((word: string) => [word, 1]);

const actions: Record<string, () => unknown> = {
  map: () => words().map(wrong).collect(),
  flatMap: () => words().flatMap(wrong).collect(),
  filter: () => words().filter(wrong).count(),
  mapPartitions: () => words().mapPartitions(wrong).collect(),
  mapPartitionsWithIndex: () => words().mapPartitionsWithIndex(wrong).collect(),
  zipPartitions: () => words().zipPartitions(words(), wrong).collect(),
  keyBy: () => words().keyBy(wrong).collect(),
  groupBy: () => words().groupBy(wrong).collect(),
  sortBy: () => words().sortBy(wrong).collect(),
  mapValues: () => ones().mapValues(wrong).collect(),
  flatMapValues: () => ones().flatMapValues(wrong).collect(),
  reduceByKey: () => ones().reduceByKey(wrong).collect(),
  aggregateByKey: () => ones().aggregateByKey(0, wrong, wrong).collect(),
  combineByKey: () => ones().combineByKey(wrong, wrong, wrong).collect(),
  partitionBy: () => ones().partitionBy({ numPartitions: 2, getPartition: wrong }).collect(),
  reduceByKeyLocally: () => ones().reduceByKeyLocally(wrong),
  reduce: () => words().reduce(wrong),
  treeReduce: () => words().treeReduce(wrong),
  fold: () => words().fold("", wrong),
  aggregate: () => words().aggregate("", wrong, wrong),
  treeAggregate: () => words().treeAggregate("", wrong, wrong),
  max: () => words().max(wrong),
  min: () => words().min(wrong),
  top: () => words().top(2, wrong),
  takeOrdered: () => words().takeOrdered(2, wrong),
  pipe: () => words().pipe("cat", { format: wrong }).collect(),
};

for (const [name, run] of Object.entries(actions)) {
  test(`${name} of an RDD whose rows are here does not take a promise, and its line is named`, async () => {
    await assert.rejects(async () => run(), {
      code: "PROMISE_NOT_AWAITED",
      message: /^\[\w+\] [\w' ]+ \(test\/unit\/promises\.test\.ts:\d+:\d+\): the function gave a promise/,
    });
  });
}

test("saveToKafka's functions do not take a promise", () => {
  const [node] = ssc.queueStream<string>([]).internals.job.plan.build().nodes;
  for (const options of [{ toRecord: wrong }, { valueSerializer: wrong }, { keySerializer: wrong }]) {
    const sink = kafkaSink<any>({ topic: "t", brokers: ["127.0.0.1:1"], ...options }, node as never, thisProcess);
    assert.throws(() => new RecordMaker(sink).record(["k", "v"]), { code: "PROMISE_NOT_AWAITED" });
  }
});

test("deserializers of the package give no promises", () => {
  for (const [name, make] of Object.entries(deserializers)) {
    const deserialize = name === "json" ? deserializers.json() : (make as typeof deserializers.string);
    assert.notEqual(
      typeof (deserialize(Buffer.from("1"), { topic: "t", partition: 0, offset: 0 }) as any)?.then,
      "function",
    );
  }
});
