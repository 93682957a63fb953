import { testJob } from "dstream/testing";
import { type Case, expecting, failing } from "../case.ts";

// combineByKey and the operators that place rows: glom and repartition of Spark's BasicOperationsSuite, and more cases.

const url = import.meta.url;
type Numbered = readonly [string, number];
const between = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);
const evenOdd = { numPartitions: 2, getPartition: (key: number) => Math.abs(key % 2) };

export const glommed = testJob<[number], number[]>(url, "glom", (_ssc, input) => input.glom());
export const repartitionedTo5 = testJob<[number], number[]>(url, "repartition to 5", (_ssc, input) =>
  input.repartition(5).glom(),
);
export const repartitionedTo2 = testJob<[number], number[]>(url, "repartition to 2", (_ssc, input) =>
  input.repartition(2).glom(),
);
export const repartitionedTwice = testJob<[number], number[]>(url, "repartition behind a shuffle", (_ssc, input) =>
  input
    .map((n) => [n, n] as const)
    .reduceByKey((a, b) => a + b)
    .repartition(3)
    .map(([n]) => n)
    .repartition(1)
    .glom()
    .map((rows) => rows.toSorted((a, b) => a - b)),
);
export const averages = testJob<[Numbered], readonly [string, number]>(url, "combineByKey", (_ssc, input) =>
  input
    .combineByKey(
      (n) => ({ sum: n, count: 1 }),
      ({ sum, count }, n) => ({ sum: sum + n, count: count + 1 }),
      (a, b) => ({ sum: a.sum + b.sum, count: a.count + b.count }),
    )
    .mapValues(({ sum, count }) => sum / count),
);
export const lists = testJob<[Numbered], readonly [string, string]>(
  url,
  "combineByKey without combining before the shuffle",
  (_ssc, input) =>
    input.combineByKey(
      (n) => `${n}`,
      (list, n) => `${list} ${n}`,
      () => "combined before the shuffle",
      { mapSideCombine: false, partitioner: 3 },
    ),
);
export const combinedTwice = testJob<[Numbered], readonly [string, string]>(
  url,
  "combineByKey shows where it combines",
  (_ssc, input) =>
    input.combineByKey(
      (n) => `${n}`,
      (list, n) => `${list},${n}`,
      (a, b) => `${a} + ${b}`,
    ),
);
export const combinedInPlace = testJob<[Numbered], readonly [string, string]>(
  url,
  "combineByKey of pairs that are in place",
  (_ssc, input) =>
    input.partitionBy(2).combineByKey(
      (n) => `${n}`,
      (list, n) => `${list},${n}`,
      (a, b) => `${a} + ${b}`,
      { partitioner: 2 },
    ),
);
export const placed = testJob<[number], string>(url, "partitionBy", (_ssc, input) =>
  input
    .map((n) => [n, n * 10] as const)
    .partitionBy(evenOdd)
    .mapPartitions((rows, { partition }) => [`${partition}: ${[...rows].map(([, value]) => value).join(" ")}`]),
);
export const placedTwice = testJob<[number], string>(url, "partitionBy of what is in place", (_ssc, input) =>
  input
    .map((n) => [n, n * 10] as const)
    .partitionBy(evenOdd)
    .filter(([n]) => n > 1)
    .mapValues((value) => value + 1)
    .partitionBy(evenOdd)
    .mapPartitions((rows, { partition }) => [`${partition}: ${[...rows].map(([, value]) => value).join(" ")}`]),
);
export const keysMoved = testJob<[number], string>(url, "a key changed behind a custom partitioner", (_ssc, input) =>
  input
    .map((n) => [n, n] as const)
    .partitionBy(evenOdd)
    .map(([n, value]) => [n + 1, value] as const)
    .reduceByKey((a, b) => a + b, evenOdd)
    .mapPartitions((rows, { partition }) => [
      `${partition}: ${[...rows]
        .map(([n]) => n)
        .sort()
        .join(" ")}`,
    ]),
);
export const grouped = testJob<[number], readonly [number, number[]]>(
  url,
  "groupByKey with a partitioner",
  (_ssc, input) =>
    input.map((n) => [n % 3, n] as const).groupByKey({ numPartitions: 2, getPartition: (key) => (key === 0 ? 0 : 1) }),
);
export const countedInSeven = testJob<[string], number>(url, "countByValue with numPartitions", (_ssc, input) =>
  input.countByValue(7).mapPartitions((_rows, { partition }) => [partition]),
);
const day = new Date("2026-01-02T03:04:05.678Z");
export const compositeKeys = testJob<[unknown], readonly [unknown, number]>(url, "keys of every kind", (_ssc, input) =>
  input.map((key) => [key, 1] as const).reduceByKey((a, b) => a + b),
);
export const outOfRange = testJob<[number], readonly [number, number]>(
  url,
  "a partitioner out of range",
  (_ssc, input) => input.map((n) => [n, n] as const).partitionBy({ numPartitions: 2, getPartition: (n) => n }),
);
export const throwingPartitioner = testJob<[number], readonly [number, number[]]>(
  url,
  "a partitioner that throws",
  (_ssc, input) =>
    input
      .map((n) => [n, n] as const)
      .groupByKey({
        numPartitions: 2,
        getPartition: () => {
          throw new RangeError("no place");
        },
      }),
);
export const functionKeys = testJob<[number], readonly [unknown, number]>(
  url,
  "keys without canonical form",
  (_ssc, input) => input.map((n) => [new Map([[n, n]]) as unknown, n] as const).partitionBy(2),
);
/** For each key how many values it has, of how many characters, and how often a value is less than the one before. */
export const largeGroups = testJob<[number], readonly [string, readonly [number, number, number]]>(
  url,
  "a skewed group",
  (_ssc, input) =>
    input
      .flatMap((n) => Array.from({ length: n }, (_, i) => [i % 10 === 0 ? "rare" : "frequent", i] as const))
      .mapValues((i) => `${i}`.padStart(1_000, "0"))
      .groupByKey()
      .mapValues((values) => {
        const characters = values.reduce((sum, value) => sum + value.length, 0);
        const descents = values.filter((value, i) => i > 0 && value < (values[i - 1] as string)).length;
        return [values.length, characters, descents] as const;
      }),
);

export const pairOperations: readonly Case[] = [
  expecting(
    "glom gives a list for each partition",
    glommed,
    [[between(1, 4), between(5, 8), between(9, 12), [], [1]]],
    [
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [7, 8],
      ],
      [
        [9, 10],
        [11, 12],
      ],
      [[], []],
      [[], [1]],
    ],
    { ordered: true },
  ),
  expecting(
    "repartition into more partitions deals the rows out in turns",
    repartitionedTo5,
    [[between(1, 20), [1], []]],
    [
      [
        [1, 6, 15, 20],
        [2, 7, 11, 16],
        [3, 8, 12, 17],
        [4, 9, 13, 18],
        [5, 10, 14, 19],
      ],
      // The only row is in the second partition, which begins with the second.
      [[], [1], [], [], []],
      [[], [], [], [], []],
    ],
    { ordered: true },
  ),
  expecting(
    "repartition into fewer partitions has all rows in as many as asked for",
    repartitionedTo2,
    [[between(1, 10)]],
    [
      [
        [1, 4, 5, 8, 9],
        [2, 3, 6, 7, 10],
      ],
    ],
    { numInputPartitions: 5 },
  ),
  expecting("repartition follows shuffles and itself", repartitionedTwice, [[between(1, 9)]], [[between(1, 9)]]),
  failing(
    "repartition fails when the stream has no RDD",
    repartitionedTo5,
    [[[1], null]],
    "ILLEGAL_STATE",
    /repartition \(test\/cases\/tables\/pair-operations\.ts:\d+:\d+\): an input stream gave no RDD for this batch/,
  ),
  expecting(
    "combineByKey makes values of another kind",
    averages,
    [
      [
        [
          ["a", 1],
          ["a", 2],
          ["b", 5],
          ["a", 6],
        ],
        [],
      ],
    ],
    [
      [
        ["a", 3],
        ["b", 5],
      ],
      [],
    ],
  ),
  expecting(
    "combineByKey combines in each partition and then what these gave, in the order of partitions",
    combinedTwice,
    [
      [
        [
          ["a", 1],
          ["a", 2],
          ["a", 3],
          ["b", 4],
          ["a", 5],
          ["a", 6],
        ],
      ],
    ],
    [
      [
        ["a", "1,2,3 + 5,6"],
        ["b", "4"],
      ],
    ],
  ),
  expecting(
    "combineByKey without mapSideCombine merges values only",
    lists,
    [
      [
        [
          ["a", 1],
          ["a", 2],
          ["b", 3],
          ["a", 4],
        ],
      ],
    ],
    [
      [
        ["a", "1 2 4"],
        ["b", "3"],
      ],
    ],
  ),
  expecting(
    "combineByKey of pairs in place merges values only",
    combinedInPlace,
    [
      [
        [
          ["a", 1],
          ["b", 2],
          ["a", 3],
        ],
      ],
    ],
    [
      [
        ["a", "1,3"],
        ["b", "2"],
      ],
    ],
  ),
  expecting(
    "partitionBy keeps all pairs, in order, where their keys belong",
    placed,
    [[[1, 2, 3, 2, 1, 5], []]],
    [
      ["0: 20 20", "1: 10 30 10 50"],
      ["0: ", "1: "],
    ],
    { ordered: true },
  ),
  expecting("partitionBy gives no RDD where the stream has none", placed, [[null, [1]]], [[], ["0: ", "1: 10"]]),
  expecting("partitionBy of pairs in place changes nothing", placedTwice, [[[1, 2, 3, 4]]], [["0: 21 41", "1: 31"]]),
  expecting("map may change keys, so that they are placed anew", keysMoved, [[[1, 2, 3, 4]]], [["0: 2 4", "1: 3 5"]]),
  expecting(
    "groupByKey takes a partitioner",
    grouped,
    [[[1, 2, 3, 4, 5, 6]]],
    [
      [
        [0, [3, 6]],
        [1, [1, 4]],
        [2, [2, 5]],
      ],
    ],
  ),
  expecting(
    "countByValue has as many partitions as asked for",
    countedInSeven,
    [[["a"], []]],
    [between(0, 6), between(0, 6)],
  ),
  expecting(
    "keys of every kind are compared by value",
    compositeKeys,
    [
      [
        ["1", 1, 1n, true, null, day, new Uint8Array([1]), [1], ["1"], { a: { b: [1, null] }, c: "c" }],
        [
          new Date(day),
          day,
          new Uint8Array([7, 8]),
          new Uint8Array([7, 8]),
          { a: 1, b: 2 },
          { b: 2, a: 1 },
          [[]],
          [[]],
        ],
        [true, false, "true", 0, -0, null, null, { a: undefined }, {}, ["a", undefined], ["a", null]],
      ],
    ],
    [
      [
        ["1", 1],
        [1, 1],
        [1n, 1],
        [true, 1],
        [null, 1],
        [day, 1],
        [new Uint8Array([1]), 1],
        [[1], 1],
        [["1"], 1],
        [{ a: { b: [1, null] }, c: "c" }, 1],
      ],
      [
        [day, 2],
        [new Uint8Array([7, 8]), 2],
        [{ a: 1, b: 2 }, 2],
        [[[]], 2],
      ],
      [
        [true, 1],
        [false, 1],
        ["true", 1],
        [0, 2],
        [null, 2],
        [{ a: undefined }, 1],
        [{}, 1],
        [["a", undefined], 1],
        [["a", null], 1],
      ],
    ],
  ),
  expecting(
    "a skewed group of many blocks arrives whole, partition by partition in order",
    largeGroups,
    [[[10_000, 10_000]]],
    [
      [
        ["rare", [2_000, 2_000_000, 1]],
        ["frequent", [18_000, 18_000_000, 1]],
      ],
    ],
  ),
  failing(
    "a partitioner that names a partition that is not there is refused",
    outOfRange,
    [[[0, 1, 2]]],
    "INVALID_OPTION",
    /partitionBy \(.*pair-operations\.ts:\d+:\d+\): getPartition returned 2; it must be an integer from 0 to 1/,
  ),
  failing(
    "a partitioner that throws is named as the operator's function",
    throwingPartitioner,
    [[[0]]],
    "USER_FUNCTION_FAILED",
    /the function of groupByKey \(.*pair-operations\.ts:\d+:\d+\) threw RangeError at .*pair-operations\.ts:\d+:\d+/,
  ),
  failing(
    "a key without canonical form is refused",
    functionKeys,
    [[[1]]],
    "KEY_NOT_CANONICAL",
    /partitionBy \(.*pair-operations\.ts:\d+:\d+\): an instance of Map cannot be a key/,
  ),
];
