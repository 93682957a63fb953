import assert from "node:assert/strict";
import { test } from "node:test";
import { type Pair, type PairRDD, type RDDOf, StreamingContext } from "dstream";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { LocalRDD } from "./local-rdd.ts";

const ssc = new StreamingContext({ appName: "rdds", batchInterval: 1_000 });
const rddOf = <T>(rows: readonly T[], numPartitions = 2): RDDOf<T> => ssc.parallelize(rows, numPartitions);
const numbers = rddOf([3, 1, 2, 3]);
const pairs = (rows: readonly Pair<string, number>[], numPartitions = 2): PairRDD<string, number> =>
  rddOf(rows, numPartitions);
const some = pairs([
  ["a", 1],
  ["b", 2],
  ["a", 3],
]);
const sorted = <T>(rows: readonly T[]): T[] =>
  rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
const emptyRDD = { code: "ILLEGAL_STATE", message: /of an empty RDD/ };

test("parallelize cuts rows into partitions of almost equal size, in order", async () => {
  assert.deepEqual(await rddOf([1, 2, 3, 4, 5], 3).glom().collect(), [[1], [2, 3], [4, 5]]);
  assert.deepEqual(await rddOf([1], 2).glom().collect(), [[], [1]]);
  assert.throws(() => ssc.parallelize([1], 0), { code: "INVALID_OPTION" });
});

test("map, flatMap, filter and mapPartitions go row by row, in order", async () => {
  assert.deepEqual(await numbers.map((n) => n * 2).collect(), [6, 2, 4, 6]);
  assert.deepEqual(await numbers.flatMap((n) => "x".repeat(n)).count(), 9);
  assert.deepEqual(await numbers.filter((n) => n > 1).collect(), [3, 2, 3]);
  assert.deepEqual(await numbers.mapPartitions((rows) => [[...rows].length]).collect(), [2, 2]);
  assert.deepEqual(
    await numbers.mapPartitionsWithIndex((index, rows) => [...rows].map((n) => `${index}:${n}`)).collect(),
    ["0:3", "0:1", "1:2", "1:3"],
  );
});

test("operators run nothing; each action runs them anew, and only as far as it needs to", async () => {
  const seen: number[] = [];
  const watched = numbers.map((n) => {
    seen.push(n);
    return n;
  });
  assert.deepEqual(seen, []);
  assert.deepEqual(await watched.take(1), [3]);
  assert.deepEqual(seen, [3]);
  assert.equal(await watched.first(), 3);
  assert.deepEqual(seen, [3, 3]);
  assert.equal(await watched.isEmpty(), false);
  await watched.collect();
  assert.deepEqual(seen, [3, 3, 3, 3, 1, 2, 3]);
});

test("a shuffle runs once, when it is first needed", async () => {
  let calls = 0;
  const reduced = some.reduceByKey((a, b) => {
    calls++;
    return a + b;
  });
  assert.equal(calls, 0);
  assert.deepEqual(sorted(await reduced.collect()), [
    ["a", 4],
    ["b", 2],
  ]);
  assert.equal(await reduced.count(), 2);
  assert.equal(calls, 1);
});

test("the rows that a function is given may be gone through twice", async () => {
  const means = numbers.mapPartitions((rows) => [[...rows].reduce((a, b) => a + b, 0) / [...rows].length]);
  assert.deepEqual(await means.collect(), [2, 2.5]);
});

test("take, first, count and isEmpty", async () => {
  assert.deepEqual(await numbers.take(3), [3, 1, 2]);
  assert.deepEqual(await numbers.take(0), []);
  assert.deepEqual(await numbers.take(9), [3, 1, 2, 3]);
  assert.equal(await numbers.count(), 4);
  assert.equal(await rddOf([]).isEmpty(), true);
  await assert.rejects(rddOf([]).first(), emptyRDD);
  await assert.rejects(numbers.take(-1), { code: "INVALID_OPTION" });
});

test("reduce, fold and aggregate", async () => {
  assert.equal(await numbers.reduce((a, b) => a * 10 + b), 3123);
  await assert.rejects(
    rddOf<number>([]).reduce((a, b) => a + b),
    emptyRDD,
  );
  // The zero is there once for each partition and once more, as in Spark.
  assert.equal(await numbers.fold(100, (a, b) => a + b), 309);
  assert.equal(await rddOf<number>([], 1).fold(7, (a, b) => a + b), 14);
  const zero: number[] = [];
  const add = (list: number[], n: number): number[] => {
    list.push(n);
    return list;
  };
  assert.deepEqual(await numbers.aggregate(zero, add, (a, b) => [...a, ...b]), [3, 1, 2, 3]);
  assert.deepEqual(zero, []);
});

test("max, min, sum, top and takeOrdered", async () => {
  assert.equal(await numbers.max(), 3);
  assert.equal(await numbers.min(), 1);
  assert.equal(await numbers.sum(), 9);
  assert.equal(await rddOf<number>([]).sum(), 0);
  await assert.rejects(rddOf<number>([]).max(), emptyRDD);
  assert.deepEqual(await numbers.top(3), [3, 3, 2]);
  assert.deepEqual(await numbers.takeOrdered(2), [1, 2]);
  const words = rddOf(["bb", "a", "ccc"]);
  assert.deepEqual(await words.top(1, (a, b) => a.length - b.length), ["ccc"]);
  assert.deepEqual(await some.top(1), [["b", 2]]);
  await assert.rejects(rddOf([{ a: 1 }, { a: 2 }]).top(1), { code: "INVALID_OPTION" });
});

test("countByValue and countByKey compare by value", async () => {
  assert.deepEqual(
    [...(await numbers.countByValue())],
    [
      [3, 2],
      [1, 1],
      [2, 1],
    ],
  );
  const objects = rddOf([
    { a: 1, b: 2 },
    { b: 2, a: 1 },
  ]);
  assert.deepEqual([...(await objects.countByValue())], [[{ a: 1, b: 2 }, 2]]);
  assert.deepEqual(
    [...(await some.countByKey())],
    [
      ["a", 2],
      ["b", 1],
    ],
  );
});

test("lookup and collectAsMap", async () => {
  assert.deepEqual(await some.lookup("a"), [1, 3]);
  assert.deepEqual(await some.lookup("z"), []);
  assert.deepEqual(
    [...(await some.collectAsMap())],
    [
      ["a", 3],
      ["b", 2],
    ],
  );
  const composite = rddOf([[[1, "x"], "first"] as const, [[1, "x"], "last"] as const]);
  assert.deepEqual(await composite.lookup([1, "x"]), ["first", "last"]);
  assert.deepEqual([...(await composite.collectAsMap())], [[[1, "x"], "last"]]);
});

test("foreach and foreachPartition wait for what they call", async () => {
  const events: string[] = [];
  await numbers.foreach(async (n) => {
    events.push(`begin ${n}`);
    await null;
    events.push(`end ${n}`);
  });
  assert.deepEqual(events.slice(0, 4), ["begin 3", "end 3", "begin 1", "end 1"]);
  const sizes: number[] = [];
  await numbers.foreachPartition((rows) => void sizes.push([...rows].length));
  assert.deepEqual(sizes, [2, 2]);
  await assert.rejects(
    numbers.foreach(() => {
      throw new TypeError("no");
    }),
    TypeError,
  );
});

test("toLocalIterator gives row by row", async () => {
  const rows: number[] = [];
  for await (const n of numbers.toLocalIterator()) if (rows.push(n) === 2) break;
  assert.deepEqual(rows, [3, 1]);
});

test("keyBy, groupBy and distinct", async () => {
  assert.deepEqual(await numbers.keyBy((n) => n % 2).collect(), [
    [1, 3],
    [1, 1],
    [0, 2],
    [1, 3],
  ]);
  assert.deepEqual(sorted(await numbers.groupBy((n) => n % 2).collect()), [
    [0, [2]],
    [1, [3, 1, 3]],
  ]);
  assert.deepEqual(sorted(await numbers.distinct().collect()), [1, 2, 3]);
  assert.equal(numbers.distinct(5).numPartitions, 5);
});

test("union, cartesian, intersection and subtract", async () => {
  const others = rddOf([3, 4, 3], 3);
  assert.deepEqual(await numbers.union(others).collect(), [3, 1, 2, 3, 3, 4, 3]);
  assert.equal(numbers.union(others).numPartitions, 5);
  assert.deepEqual(
    await rddOf([1, 2])
      .cartesian(rddOf(["x", "y"], 1))
      .collect(),
    [
      [1, "x"],
      [1, "y"],
      [2, "x"],
      [2, "y"],
    ],
  );
  assert.deepEqual(await numbers.intersection(others).collect(), [3]);
  assert.deepEqual(sorted(await rddOf([1, 1, 2, 3]).subtract(others).collect()), [1, 1, 2]);
  assert.throws(() => numbers.union([1] as never), {
    code: "INVALID_OPTION",
    message: /union's argument must be an RDD/,
  });
});

test("zipWithIndex and zip", async () => {
  assert.deepEqual(
    await numbers
      .filter((n) => n !== 1)
      .zipWithIndex()
      .collect(),
    [
      [3, 0],
      [2, 1],
      [3, 2],
    ],
  );
  assert.deepEqual(await numbers.zip(numbers.map(String)).take(2), [
    [3, "3"],
    [1, "1"],
  ]);
  const notAsMany = { code: "ILLEGAL_STATE", message: /zip needs as many/ };
  assert.throws(() => numbers.zip(rddOf([1, 2, 3, 4], 3)), notAsMany);
  await assert.rejects(numbers.zip(rddOf([1, 2, 3])).collect(), notAsMany);
  await assert.rejects(numbers.zip(rddOf([1, 2, 3, 4, 5])).collect(), notAsMany);
});

test("repartition deals rows out in turns, coalesce merges neighbours", async () => {
  assert.deepEqual(await rddOf([1, 2, 3, 4, 5], 1).repartition(2).glom().collect(), [
    [1, 3, 5],
    [2, 4],
  ]);
  assert.deepEqual(await rddOf([1, 2, 3, 4, 5, 6], 3).coalesce(2).glom().collect(), [
    [1, 2],
    [3, 4, 5, 6],
  ]);
  assert.equal(numbers.coalesce(9).numPartitions, 2);
});

test("sortBy and sortByKey order rows over all partitions, stably", async () => {
  const words = rddOf(["ccc", "a", "bb", "aa", "c"]);
  assert.deepEqual(
    await words
      .sortBy((word) => word.length)
      .glom()
      .collect(),
    [
      ["a", "c"],
      ["bb", "aa", "ccc"],
    ],
  );
  assert.deepEqual(await words.sortBy((word) => word.length, false, 1).collect(), ["ccc", "bb", "aa", "a", "c"]);
  assert.deepEqual(await words.sortBy((word) => [word.length, word] as const).collect(), ["a", "c", "aa", "bb", "ccc"]);
  assert.deepEqual(await some.sortByKey(false).collect(), [
    ["b", 2],
    ["a", 1],
    ["a", 3],
  ]);
  const values = [Number.NaN, 2, Number.NEGATIVE_INFINITY, -1];
  assert.deepEqual(
    await rddOf(values)
      .sortBy((n) => n)
      .collect(),
    [Number.NEGATIVE_INFINITY, -1, 2, Number.NaN],
  );
});

test("a sample is repeated by its seed and has about as many rows as asked for", async () => {
  const many = rddOf(
    Array.from({ length: 10_000 }, (_, i) => i),
    4,
  );
  const tenth = many.sample(false, 0.1, 7);
  const rows = await tenth.collect();
  assert.deepEqual(await tenth.collect(), rows);
  assert.deepEqual(await many.sample(false, 0.1, 7).collect(), rows);
  assert.notDeepEqual(await many.sample(false, 0.1, 8).collect(), rows);
  assert.ok(rows.length > 850 && rows.length < 1_150, `${rows.length} rows`);
  assert.equal(new Set(rows).size, rows.length);
  const doubled = await many.sample(true, 2, 7).count();
  assert.ok(doubled > 19_400 && doubled < 20_600, `${doubled} rows`);
  assert.throws(() => many.sample(false, 1.5), { code: "INVALID_OPTION" });
});

test("pairs: keys, values, mapValues, flatMapValues", async () => {
  assert.deepEqual(await some.keys().collect(), ["a", "b", "a"]);
  assert.deepEqual(await some.values().collect(), [1, 2, 3]);
  assert.deepEqual(await some.mapValues((n) => `${n}!`).take(1), [["a", "1!"]]);
  assert.deepEqual(await some.flatMapValues((n) => [n, -n]).take(2), [
    ["a", 1],
    ["a", -1],
  ]);
});

test("pairs: partitionBy, groupByKey, combineByKey, aggregateByKey, foldByKey", async () => {
  const byKey = { numPartitions: 2, getPartition: (key: string) => (key === "a" ? 1 : 0) };
  assert.deepEqual(await some.partitionBy(byKey).glom().collect(), [
    [["b", 2]],
    [
      ["a", 1],
      ["a", 3],
    ],
  ]);
  assert.deepEqual(await some.groupByKey(byKey).collect(), [
    ["b", [2]],
    ["a", [1, 3]],
  ]);
  const combined = some.combineByKey(
    (n) => [n],
    (list, n) => [...list, n],
    (a, b) => [...a, ...b],
    { partitioner: byKey },
  );
  assert.deepEqual(await combined.collect(), await some.groupByKey(byKey).collect());
  assert.deepEqual(
    await some
      .aggregateByKey(
        new Set<number>(),
        (set, n) => set.add(n),
        (a) => a,
        byKey,
      )
      .collect(),
    [
      ["b", new Set([2])],
      ["a", new Set([1, 3])],
    ],
  );
  assert.deepEqual(await some.foldByKey(10, (a, b) => a + b, byKey).collect(), [
    ["b", 12],
    ["a", 14],
  ]);
});

test("pairs: cogroup, joins and subtractByKey", async () => {
  const others = rddOf([["a", "x"] as const, ["c", "y"] as const]);
  assert.deepEqual(sorted(await some.cogroup(others).collect()), [
    ["a", [[1, 3], ["x"]]],
    ["b", [[2], []]],
    ["c", [[], ["y"]]],
  ]);
  assert.deepEqual(await some.join(others).collect(), [
    ["a", [1, "x"]],
    ["a", [3, "x"]],
  ]);
  assert.deepEqual(await some.leftOuterJoin(others, 1).collect(), [
    ["a", [1, "x"]],
    ["a", [3, "x"]],
    ["b", [2, undefined]],
  ]);
  assert.deepEqual(await some.rightOuterJoin(others, 1).collect(), [
    ["a", [1, "x"]],
    ["a", [3, "x"]],
    ["c", [undefined, "y"]],
  ]);
  assert.equal(await some.fullOuterJoin(others).count(), 4);
  assert.deepEqual(await some.subtractByKey(others).collect(), [["b", 2]]);
});

test("a function that is none is refused at once", () => {
  assert.throws(() => numbers.map(undefined as never), { code: "INVALID_OPTION", message: /map's argument/ });
  assert.throws(
    () =>
      some.combineByKey(
        (n) => n,
        (a) => a,
        (a) => a,
        { mapsideCombine: true } as never,
      ),
    {
      code: "UNKNOWN_OPTION",
    },
  );
});

test("offset ranges are kept by operators by row and by partition, and asked for behind others they throw", () => {
  const ranges = [{ topic: "t", partition: 0, fromOffset: 3, untilOffset: 5 }];
  const rdd = new LocalRDD(
    [
      {
        rows: [
          ["a", 1],
          ["b", 2],
        ],
      },
    ],
    thisMachine,
    ranges,
  );
  for (const kept of [
    rdd,
    rdd.map((row) => row),
    rdd.glom(),
    rdd.sample(false, 1),
    rdd.keyBy((row) => row),
    rdd.zipWithUniqueId(),
  ]) {
    assert.deepEqual(kept.offsetRanges, ranges);
  }
  const moved = [
    rdd.reduceByKey((a) => a),
    rdd.union(rdd),
    rdd.repartition(1),
    rdd.coalesce(1),
    rdd.sortByKey(),
    rdd.zip(rdd),
    rdd.zipWithIndex(),
    rdd.distinct(),
    rdd.cartesian(rdd),
    rdd.join(rdd),
  ];
  for (const other of moved)
    assert.throws(() => other.offsetRanges, { code: "ILLEGAL_STATE", message: /this RDD has no offset ranges/ });
});
