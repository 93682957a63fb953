import assert from "node:assert/strict";
import { test } from "node:test";
import { type DStream, type PairDStream, StreamingContext } from "dstream";
import { cutIntoStages, numTasks, type Plan, partitionCounts } from "./plan.ts";

// How many stages a program has and what is shuffled between them: the cost of a batch.

type Words = PairDStream<string, number>;
const add = (a: number, b: number): number => a + b;

/** The plan of a program over two streams of pairs with 2 and 4 partitions, on one slot. */
function planOf(program: (a: Words, b: Words) => DStream<any>, defaultParallelism?: number): Plan {
  const ssc = new StreamingContext({ appName: "plan", batchInterval: 1_000 });
  const a = ssc.queueStream<readonly [string, number]>([]);
  const b = ssc.queueStream<readonly [string, number]>([]);
  program(a, b).foreachRDD(() => {});
  const sourcePartitions = { [a.internals.node.id]: 2, [b.internals.node.id]: 4 };
  return cutIntoStages(ssc.job.plan.build(), { defaultParallelism, slots: 1, sourcePartitions, buckets: 64 });
}

/** Each edge as "what is shuffled > where to, from stage to stage". */
const shuffles = ({ edges }: Plan): string[] =>
  edges.map(({ from, to, fromStage, toStage }) => `${from.operator} > ${to.operator}, ${fromStage} > ${toStage}`);

test("what follows a shuffle by key needs no second one with the same partitioning", () => {
  const plan = planOf((a) =>
    a
      .reduceByKey(add, 3)
      .groupByKey(3)
      .mapValues((all) => all.length)
      .updateStateByKey((v) => v.length),
  );
  assert.deepEqual(shuffles(plan), ["queue > reduceByKey, 0 > 1"]);
});

test("a join behind reduceByKey with the same partitioning shuffles nothing more", () => {
  const plan = planOf((a, b) => a.reduceByKey(add, 3).join(b.reduceByKey(add, 3), 3));
  assert.deepEqual(shuffles(plan), ["queue > reduceByKey, 0 > 1", "queue > reduceByKey, 0 > 1"]);
});

test("the second join of three streams shuffles the third only", () => {
  const plan = planOf((a, b) =>
    a.join(b, 3).join(
      a.mapValues((n) => -n),
      3,
    ),
  );
  assert.deepEqual(shuffles(plan), ["queue > join, 0 > 1", "queue > join, 0 > 1", "mapValues > join, 0 > 1"]);
});

test("a join of streams in place with different numbers of partitions moves those that are elsewhere", () => {
  const plan = planOf((a, b) => a.reduceByKey(add, 3).join(b.reduceByKey(add, 5), 5));
  assert.deepEqual(shuffles(plan), [
    "queue > reduceByKey, 0 > 1",
    "queue > reduceByKey, 0 > 1",
    "reduceByKey > join, 1 > 2",
    // In place, but a stage too early.
    "reduceByKey > join, 1 > 2",
  ]);
});

test("a stream that is joined with itself in place is not shuffled again", () => {
  const plan = planOf((a) => {
    const totals = a.reduceByKey(add);
    return totals.join(totals.filter(([, n]) => n > 1));
  });
  assert.deepEqual(shuffles(plan), ["queue > reduceByKey, 0 > 1"]);
});

const own = { numPartitions: 3, getPartition: (key: string) => key.length % 3 };

test("a custom partitioner is kept by mapValues, flatMapValues and filter", () => {
  const plan = planOf((a) =>
    a
      .partitionBy(own)
      .mapValues((n) => n + 1)
      .filter(([, n]) => n > 1)
      .flatMapValues((n) => [n, n])
      .reduceByKey(add, own),
  );
  assert.deepEqual(shuffles(plan), ["queue > partitionBy, 0 > 1"]);
});

for (const [operator, change] of Object.entries<(stream: Words) => Words>({
  map: (stream) => stream.map((pair) => pair),
  flatMap: (stream) => stream.flatMap((pair) => [pair]),
  mapPartitions: (stream) => stream.mapPartitions((pairs) => pairs),
  union: (stream) => stream.union(stream),
  repartition: (stream) => stream.repartition(3),
})) {
  test(`a partitioner is lost behind ${operator}, since keys may be elsewhere then`, () => {
    const stages = planOf((a) => change(a.partitionBy(own)).reduceByKey(add, own)).numStages;
    assert.equal(stages, operator === "repartition" ? 4 : 3);
  });
}

test("two custom partitioners are different, even when they are alike", () => {
  const plan = planOf((a) => a.partitionBy(own).reduceByKey(add, { ...own }));
  assert.equal(plan.numStages, 3);
});

test("a hash partitioning and a custom one with the same count are different", () => {
  assert.equal(planOf((a) => a.partitionBy(3).reduceByKey(add, own)).numStages, 3);
});

test("repartition shuffles always, also to the same number", () => {
  assert.equal(planOf((a) => a.repartition(3).repartition(3)).numStages, 3);
});

test("a join has as many partitions as its widest parent, or as the job's default says", () => {
  const join = (a: Words, b: Words): DStream<unknown> => a.join(b);
  const counts = (plan: Plan): number | undefined => partitionCounts(plan, { 0: 2, 1: 4 }).at(-1);
  assert.equal(counts(planOf(join)), 4);
  assert.equal(counts(planOf(join, 7)), 7);
});

test("a stage has a task for each partition that begins there, also for those that get no rows", () => {
  const plan = planOf((a, b) => a.repartition(6).union(b.repartition(3)));
  assert.equal(numTasks(plan, 1, partitionCounts(plan, { 0: 2, 1: 4 })), 6);
  assert.equal(partitionCounts(plan, { 0: 2, 1: 4 }).at(-1), 9);
});

test("a window stays where its parent's rows are in place, and what follows by key needs no second shuffle", () => {
  for (const options of [{}, { inverse: (a: number, b: number) => a - b }]) {
    const plan = planOf((a) => a.reduceByKeyAndWindow(add, 2_000, 1_000, options));
    assert.deepEqual(shuffles(plan), ["queue > reduceByKeyAndWindow, 0 > 1"]);
  }
  const plan = planOf((a) => a.reduceByKey(add, 3).window(2_000).filter(Boolean).reduceByKey(add, 3));
  assert.deepEqual(shuffles(plan), ["queue > reduceByKey, 0 > 1"]);
  assert.equal(planOf((a) => a.groupByKeyAndWindow(2_000)).numStages, 2);
  assert.equal(planOf((a) => a.repartition(3).map(String).window(2_000)).numStages, 2);
});

test("behind a source or a union the rows of a window's partitions move to their tasks, once", () => {
  assert.deepEqual(shuffles(planOf((a) => a.window(2_000).window(4_000))), ["queue > window, 0 > 1"]);
  const united = planOf((a, b) => a.reduceByKey(add).union(b.reduceByKey(add)).window(2_000));
  assert.deepEqual(shuffles(united).slice(2), ["union > window, 1 > 2"]);
});

test("a window has as many partitions as its parent when the job starts, also when that gets more", () => {
  const plan = planOf((a, b) => a.union(b.window(2_000)));
  const counts = (sources: Record<number, number>): number[] => partitionCounts(plan, sources);
  assert.deepEqual(counts({ 0: 2, 1: 4 }), [2, 4, 4, 6]);
  assert.deepEqual(counts({ 0: 3, 1: 9 }), [3, 9, 4, 7]);
  assert.deepEqual(counts({ 0: 2 }), [2, 0, 4, 6]);
});

test("numbers of partitions have to be positive integers", () => {
  for (const n of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => planOf((a) => a.repartition(n)), {
      code: "INVALID_OPTION",
      message: /numPartitions must be a positive integer/,
    });
    assert.throws(() => planOf((a) => a.partitionBy(n)), { code: "INVALID_OPTION" });
    assert.throws(() => planOf((a, b) => a.join(b, n)), { code: "INVALID_OPTION" });
    assert.throws(() => planOf((a) => a.groupByKey({ numPartitions: n, getPartition: () => 0 })), {
      code: "INVALID_OPTION",
    });
  }
});
