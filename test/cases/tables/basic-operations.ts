import type { DStream } from "dstream";
import { testJob } from "dstream/testing";
import { type Case, expecting, failing } from "../case.ts";

// Spark's BasicOperationsSuite, as far as these operators go, and more cases of the same rules.

const url = import.meta.url;

class Point {
  readonly #x: number;
  readonly y: number;
  constructor(x: number, y: number) {
    this.#x = x;
    this.y = y;
  }
  norm(): number {
    return Math.hypot(this.#x, this.y);
  }
}
const numbers = [
  [
    [1, 2, 3, 4],
    [5, 6, 7, 8],
    [9, 10, 11, 12],
  ],
] satisfies [number[][]];
const letters = [[["a", "a", "b"], ["", ""], []]] satisfies [string[][]];

export const mapToString = testJob<[number], string>(url, "map", (_ssc, input) => input.map((n) => n.toString()));
export const flatMapTwice = testJob<[number], number>(url, "flatMap", (_ssc, input) =>
  input.flatMap((n) => [n, n * 2]),
);
export const flatMapGenerator = testJob<[number], number>(url, "flatMap of a generator", (_ssc, input) =>
  input.flatMap(function* (n) {
    for (let i = 0; i < n; i++) yield i;
  }),
);
export const filterEven = testJob<[number], number>(url, "filter", (_ssc, input) => input.filter((n) => n % 2 === 0));
export const sumPartitions = testJob<[number], number>(url, "mapPartitions", (_ssc, input) =>
  input.mapPartitions((rows) => [[...rows].reduce((a, b) => a + b, 0)]),
);
export const partitionNumbers = testJob<[number], string>(url, "mapPartitions sees its task", (_ssc, input) =>
  input.mapPartitions((rows, task) => [...rows].map((n) => `${n} in ${task.partition} at ${task.batchTime}`)),
);
export const groupLetters = testJob<[string], readonly [string, string[]]>(url, "groupByKey", (_ssc, input) =>
  input.map((letter) => [letter, "x"] as const).groupByKey(),
);
export const countLetters = testJob<[string], readonly [string, number]>(url, "reduceByKey", (_ssc, input) =>
  input.map((letter) => [letter, 1] as const).reduceByKey((a, b) => a + b),
);
export const sum = testJob<[number], number>(url, "reduce", (_ssc, input) => input.reduce((a, b) => a + b));
const never = (): never => {
  throw new Error("nobody asked for it");
};
export const unused = testJob<[number], readonly [number, number]>(url, "streams without an output", (_ssc, input) => {
  input.map(never).filter(never);
  input.count();
  input.transform(never);
  input
    .map((n) => [n, n] as const)
    .reduceByKey(never)
    .updateStateByKey<number>(never);
  return input.map((n) => [n, 1] as const).updateStateByKey<number>((ones, sum = 0) => sum + ones.length);
});
export const unusedRDDs = testJob<[number], number>(url, "RDDs that a function of transform leaves", (_ssc, input) =>
  input.transform((rdd) => {
    rdd.map(never).distinct();
    return rdd.map((n) => n + 1);
  }),
);
export const count = testJob<[number], number>(url, "count", (_ssc, input) => input.count());
export const points = testJob<[number], Point>(url, "instances of a class", (_ssc, input) =>
  input.map((n) => new Point(n, 0)).filter((point) => point.norm() > 1),
);
export const pointNorms = testJob<[number], number>(url, "instances within a task", (_ssc, input) =>
  input.map((n) => new Point(n, 0)).map((point) => point.norm()),
);
export const valueCounts = testJob<[number], readonly [number, number]>(url, "countByValue", (_ssc, input) =>
  input.countByValue(),
);
export const objectCounts = testJob<[number], readonly [{ parity: number; tags: string[] }, number]>(
  url,
  "countByValue of objects",
  (_ssc, input) => input.map((n) => ({ tags: ["t"], parity: n % 2 })).countByValue(),
);
export const valuesPlusTen = testJob<[string], readonly [string, number]>(url, "mapValues", (_ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .reduceByKey((a, b) => a + b)
    .mapValues((n) => n + 10),
);
export const valuesTwice = testJob<[string], readonly [string, number]>(url, "flatMapValues", (_ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .reduceByKey((a, b) => a + b)
    .flatMapValues((n) => [n, n + 10]),
);
export const unionWithPlusFour = testJob<[number], number>(url, "union", (_ssc, input) =>
  input.union(input.map((n) => n + 4)),
);
export const unionOfThree = testJob<[number], number>(url, "StreamingContext.union", (ssc, input) =>
  ssc.union(input, input.map((n) => n + 4) as DStream<number>, input.map((n) => n + 8) as DStream<number>),
);
export const unionAcrossStages = testJob<[string], readonly [string, number]>(
  url,
  "union of a stream before and behind a shuffle",
  (_ssc, input) => {
    const ones = input.map((letter) => [letter, 1] as const);
    return ones.reduceByKey((a, b) => a + b).union(ones);
  },
);
export const unionPartitions = testJob<[number], string>(
  url,
  "partitions of a union are those of its parents, one after the other",
  (_ssc, input) => input.union(input).mapPartitions((rows, { partition }) => [`${partition}: ${[...rows].join(" ")}`]),
);
export const twoShuffles = testJob<[string], readonly [number, string[]]>(url, "two shuffles", (_ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .reduceByKey((a, b) => a + b)
    .map(([letter, n]) => [n, letter] as const)
    .groupByKey(1)
    .mapValues((all) => all.toSorted()),
);
export const customPartitioner = testJob<[number], string>(url, "custom partitioner", (_ssc, input) =>
  input
    .map((n) => [n, 1] as const)
    .reduceByKey((a, b) => a + b, { numPartitions: 3, getPartition: (n) => n % 3 })
    .mapPartitions((rows, { partition }) => [
      `${partition}: ${[...rows]
        .map(([n]) => n)
        .sort()
        .join(" ")}`,
    ]),
);

export const basicOperations: readonly Case[] = [
  expecting(
    "map gives a row for each row",
    mapToString,
    numbers,
    [
      ["1", "2", "3", "4"],
      ["5", "6", "7", "8"],
      ["9", "10", "11", "12"],
    ],
    { ordered: true },
  ),
  expecting(
    "flatMap gives any number of rows, in order",
    flatMapTwice,
    numbers,
    [
      [1, 2, 2, 4, 3, 6, 4, 8],
      [5, 10, 6, 12, 7, 14, 8, 16],
      [9, 18, 10, 20, 11, 22, 12, 24],
    ],
    { ordered: true },
  ),
  expecting(
    "flatMap takes generators and gives nothing for an empty one",
    flatMapGenerator,
    [[[0], [3, 1]]],
    [[], [0, 1, 2, 0]],
  ),
  expecting(
    "filter keeps what its function accepts",
    filterEven,
    numbers,
    [
      [2, 4],
      [6, 8],
      [10, 12],
    ],
    { ordered: true },
  ),
  expecting("mapPartitions is called once a partition", sumPartitions, numbers, [
    [3, 7],
    [11, 15],
    [19, 23],
  ]),
  expecting(
    "mapPartitions is called for empty partitions, too",
    sumPartitions,
    [[[], [5]]],
    [
      [0, 0],
      [0, 5],
    ],
  ),
  expecting(
    "mapPartitions knows partition and batch time",
    partitionNumbers,
    [[[1, 2, 3]]],
    [["1 in 0 at 1000", "2 in 1 at 1000", "3 in 1 at 1000"]],
  ),
  expecting("groupByKey collects the values of a key", groupLetters, letters, [
    [
      ["a", ["x", "x"]],
      ["b", ["x"]],
    ],
    [["", ["x", "x"]]],
    [],
  ]),
  expecting("reduceByKey folds the values of a key", countLetters, letters, [
    [
      ["a", 2],
      ["b", 1],
    ],
    [["", 2]],
    [],
  ]),
  expecting("reduceByKey of no RDD gives none", countLetters, [[["a"], null, ["a"]]], [[["a", 1]], [], [["a", 1]]]),
  failing(
    "count of no RDD fails the batch, as in Spark",
    count,
    [[[1], null]],
    "ILLEGAL_STATE",
    /^\[ILLEGAL_STATE\] count \(test\/cases\/tables\/basic-operations\.ts:\d+:\d+\): an input stream gave no RDD/,
  ),
  expecting(
    "streams that no output needs do not run, as in Spark",
    unused,
    [[[1], null, [2]]],
    [
      [[1, 1]],
      [[1, 1]],
      [
        [1, 1],
        [2, 1],
      ],
    ],
  ),
  expecting(
    "RDDs that a function of transform does not return do not run",
    unusedRDDs,
    [[[1], [], [2]]],
    [[2], [], [3]],
  ),
  expecting("instances of classes stay what they are within a task", pointNorms, [[[3, -4]]], [[3, 4]]),
  failing(
    "instances of classes are refused where they would leave the task as something else",
    points,
    [[[3]]],
    "VALUE_NOT_ENCODABLE",
    /foreachRDD.*: an instance of Point \(at 0\) cannot leave its task/,
  ),
  expecting(
    "reduce folds a batch and gives nothing for an empty one",
    sum,
    [[[1, 2, 3, 4], [], [9, 10, 11, 12]]],
    [[10], [], [42]],
  ),
  expecting(
    "count is 0 for an empty batch",
    count,
    [[[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]],
    [[0], [1], [2], [3], [4]],
  ),
  expecting(
    "countByValue counts equal rows",
    valueCounts,
    [[[1], [1, 1, 1], [1, 2], [1, 1, 2, 2]]],
    [
      [[1, 1]],
      [[1, 3]],
      [
        [1, 1],
        [2, 1],
      ],
      [
        [2, 2],
        [1, 2],
      ],
    ],
  ),
  expecting(
    "objects are keys by value, whatever the order of their properties",
    objectCounts,
    [[[1, 2, 3]]],
    [
      [
        [{ parity: 1, tags: ["t"] }, 2],
        [{ parity: 0, tags: ["t"] }, 1],
      ],
    ],
  ),
  expecting("mapValues keeps keys", valuesPlusTen, letters, [
    [
      ["a", 12],
      ["b", 11],
    ],
    [["", 12]],
    [],
  ]),
  expecting("flatMapValues keeps keys", valuesTwice, letters, [
    [
      ["a", 2],
      ["a", 12],
      ["b", 1],
      ["b", 11],
    ],
    [
      ["", 2],
      ["", 12],
    ],
    [],
  ]),
  expecting(
    "union has the rows of both",
    unionWithPlusFour,
    [
      [
        [1, 2, 3, 4],
        [101, 102, 103, 104],
      ],
    ],
    [
      [1, 2, 3, 4, 5, 6, 7, 8],
      [101, 102, 103, 104, 105, 106, 107, 108],
    ],
  ),
  expecting(
    "StreamingContext.union has the rows of all",
    unionOfThree,
    [[[1, 2, 3, 4]]],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
  ),
  expecting(
    "a union may join stages",
    unionAcrossStages,
    [[["a", "a"], []]],
    [
      [
        ["a", 2],
        ["a", 1],
        ["a", 1],
      ],
      [],
    ],
  ),
  expecting("a union's partitions are its parents'", unionPartitions, [[[1, 2]]], [["0: 1", "1: 2", "2: 1", "3: 2"]]),
  expecting(
    "shuffles follow one another",
    twoShuffles,
    [[["a", "b", "b", "c"]]],
    [
      [
        [1, ["a", "c"]],
        [2, ["b"]],
      ],
    ],
  ),
  expecting(
    "a custom partitioner decides where keys go",
    customPartitioner,
    [[[1, 2, 3, 4, 6]]],
    [["0: 3 6", "1: 1 4", "2: 2"]],
  ),
];
