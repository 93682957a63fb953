import { testJob } from "dstream/testing";
import { type Case, expecting } from "../case.ts";

// Joins whose streams come from different stages, or whose keys already are where the join wants them.

const url = import.meta.url;
type Numbered = readonly [string, number];

export const totalsWithItself = testJob<[Numbered], readonly [string, readonly [number, number]]>(
  url,
  "join of totals with themselves",
  (_ssc, a) => {
    const totals = a.reduceByKey((x, y) => x + y);
    return totals.join(totals.mapValues((n) => -n));
  },
);
export const threeWays = testJob<
  [Numbered, Numbered, Numbered],
  readonly [string, readonly [readonly [number, number], number | undefined]]
>(url, "three-way join", (_ssc, a, b, c) => a.join(b).leftOuterJoin(c));
export const unequalPartitions = testJob<[Numbered, Numbered], readonly [string, readonly [number, number]]>(
  url,
  "join of streams with different numbers of partitions",
  (_ssc, a, b) =>
    a
      .reduceByKey((x, y) => x + y, 5)
      .join(
        b.reduceByKey((x, y) => x + y, 2),
        3,
      ),
);
export const onePlaced = testJob<[Numbered, Numbered], readonly [string, readonly [number[], number[]]]>(
  url,
  "cogroup of one stream in place and another that is shuffled twice",
  (_ssc, a, b) => {
    const swappedTwice = b
      .map(([key, n]) => [n, key] as const)
      .partitionBy(2)
      .map(([n, key]) => [key, n] as const);
    return a.partitionBy(3).cogroup(swappedTwice, 3);
  },
);
const byLength = { numPartitions: 4, getPartition: (key: string) => key.length % 4 };
export const customJoin = testJob<[Numbered, Numbered], string>(
  url,
  "join with a partitioner of its own",
  (_ssc, a, b) =>
    a.join(b, byLength).mapPartitions((rows, { partition }) => [...rows].map(([key]) => `${key} in ${partition}`)),
);
export const countedJoin = testJob<[Numbered, Numbered], readonly [string, number]>(
  url,
  "state behind a join",
  (_ssc, a, b) => a.join(b).updateStateByKey((values, total: number = 0) => total + values.length),
);

export const joinsInPlace: readonly Case[] = [
  expecting(
    "a reduced stream may be joined with itself, where it is",
    totalsWithItself,
    [
      [
        [
          ["a", 1],
          ["a", 2],
          ["b", 3],
        ],
      ],
    ],
    [
      [
        ["a", [3, -3]],
        ["b", [3, -3]],
      ],
    ],
  ),
  expecting(
    "joins follow one another",
    threeWays,
    [
      [
        [
          ["a", 1],
          ["b", 2],
          ["c", 3],
        ],
      ],
      [
        [
          ["a", 10],
          ["b", 20],
          ["d", 40],
        ],
      ],
      [
        [
          ["a", 100],
          ["a", 101],
          ["c", 300],
        ],
      ],
    ],
    [
      [
        ["a", [[1, 10], 100]],
        ["a", [[1, 10], 101]],
        ["b", [[2, 20], undefined]],
      ],
    ],
  ),
  expecting(
    "streams with different numbers of partitions are joined in a third",
    unequalPartitions,
    [
      [Array.from({ length: 40 }, (_, i): Numbered => [`k${i % 20}`, i])],
      [Array.from({ length: 30 }, (_, i): Numbered => [`k${i}`, i])],
    ],
    [Array.from({ length: 20 }, (_, i) => [`k${i}`, [2 * i + 20, i]] as const)],
  ),
  expecting(
    "a stream that is in place meets one that comes from a later stage",
    onePlaced,
    [
      [
        [
          ["a", 1],
          ["b", 2],
        ],
        [],
        [["a", 5]],
      ],
      [
        [
          ["b", 20],
          ["c", 30],
        ],
        [["a", 1]],
        [],
      ],
    ],
    [
      [
        ["a", [[1], []]],
        ["b", [[2], [20]]],
        ["c", [[], [30]]],
      ],
      [["a", [[], [1]]]],
      [["a", [[5], []]]],
    ],
  ),
  expecting(
    "a custom partitioner decides where a join's keys are",
    customJoin,
    [
      [
        [
          ["a", 1],
          ["bb", 1],
          ["ccc", 1],
        ],
      ],
      [
        [
          ["ccc", 2],
          ["bb", 2],
          ["a", 2],
        ],
      ],
    ],
    [["a in 1", "bb in 2", "ccc in 3"]],
  ),
  expecting(
    "state may follow a join, and goes on without its rows",
    countedJoin,
    [
      [
        [
          ["a", 1],
          ["a", 2],
        ],
        [],
        [["b", 1]],
      ],
      [
        [["a", 1]],
        [["a", 1]],
        [
          ["b", 1],
          ["b", 2],
        ],
      ],
    ],
    [
      [["a", 2]],
      [["a", 2]],
      [
        ["a", 2],
        ["b", 2],
      ],
    ],
  ),
];
