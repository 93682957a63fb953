import type { RDD } from "dstream";
import { testJob } from "dstream/testing";
import { type Case, expecting } from "../case.ts";

// Operators of RDDs that transform runs in the tasks: by chance, by order, by partition. Several in one job, since on Spark every
// job costs.

const url = import.meta.url;

type Row = readonly [what: string, value: unknown];
const named = <T>(what: string, rdd: RDD<T>): RDD<Row> => rdd.map((row): Row => [what, row]) as unknown as RDD<Row>;

export const inPlace = testJob<[number], Row>(url, "partition by partition", (_ssc, numbers) =>
  numbers.transform((rdd) => {
    const [some, others] = rdd.randomSplit([1, 3], 7) as [RDD<number>, RDD<number>];
    return named("id", rdd.zipWithUniqueId())
      .union(named("split", some.union(others)))
      .union(named("both", some.intersection(others)))
      .union(named("piped", rdd.pipe(["tr", "0-9", "a-j"])))
      .union(
        named(
          "partitions",
          rdd.zipPartitions(
            rdd.map((n) => n * 10),
            (here, there) => [[[...here], [...there]]],
          ),
        ),
      );
  }),
);

export const byKey = testJob<[number], Row>(url, "pairs by key", (_ssc, numbers) =>
  numbers.transform((rdd) => {
    const pairs = rdd.map((n) => [n % 2 === 0 ? "even" : "odd", n] as const);
    const where = { numPartitions: 2, getPartition: (key: string) => (key === "odd" ? 1 : 0) };
    const grouped = pairs.groupWith(
      pairs.mapValues((n) => n * 10),
      pairs.filter(([key]) => key === "odd").mapValues(String),
    );
    return named(
      "grouped",
      grouped.mapValues((groups) => groups.map((values) => [...values].sort())),
    )
      .union(named("exact", pairs.sampleByKeyExact(false, [["odd", 0.5]], 7).keys()))
      .union(named("all", pairs.sampleByKey(false, new Map([["even", 1]]), 7)))
      .union(named("different", pairs.countApproxDistinctByKey()))
      .union(named("range", pairs.filterByRange("f", "p").values()))
      .union(
        named(
          "sorted",
          rdd
            .map((n) => [n > 2 ? "odd" : "even", n] as const)
            .repartitionAndSortWithinPartitions(where, false)
            .glom(),
        ),
      );
  }),
);

/** A permutation of 0…999. */
const shuffled = Array.from({ length: 1_000 }, (_, i) => (i * 617) % 1_000);

export const sortedByRange = testJob<[number], readonly [number, number]>(url, "sorts by ranges", (_ssc, numbers) =>
  numbers.transform((rdd) =>
    rdd
      .sortBy((n) => n, true, 4)
      .mapPartitionsWithIndex((index, rows) => [...rows].map((n) => [index, n] as const))
      .zipWithIndex()
      .filter(([[, n], position]) => n !== position)
      .keys()
      .union(
        rdd
          .sortBy((n) => n, true, 4)
          .mapPartitionsWithIndex((index, rows) => [[index, [...rows].length > 150 ? 1 : 0] as const]),
      ),
  ),
);

export const transformOperators: readonly Case[] = [
  expecting(
    "operators of transform that work on whole partitions",
    inPlace,
    [[[1, 2, 3, 4]]],
    [
      [
        ...[
          [1, 0],
          [2, 2],
          [3, 1],
          [4, 3],
        ].map((row): Row => ["id", row]),
        ...[1, 2, 3, 4].map((n): Row => ["split", n]),
        ...["b", "c", "d", "e"].map((letter): Row => ["piped", letter]),
        [
          "partitions",
          [
            [1, 2],
            [10, 20],
          ],
        ],
        [
          "partitions",
          [
            [3, 4],
            [30, 40],
          ],
        ],
      ],
    ],
  ),
  expecting(
    "operators of transform by key: groupWith, samples, estimates, ranges, order within partitions",
    byKey,
    [[[1, 2, 3, 5, 7]]],
    [
      [
        ["grouped", ["even", [[2], [20], []]]],
        [
          "grouped",
          [
            "odd",
            [
              [1, 3, 5, 7],
              [10, 30, 50, 70],
              ["1", "3", "5", "7"],
            ],
          ],
        ],
        ["exact", "odd"],
        ["exact", "odd"],
        ["all", ["even", 2]],
        ["different", ["even", 1]],
        ["different", ["odd", 4]],
        ...[1, 3, 5, 7].map((n): Row => ["range", n]),
        [
          "sorted",
          [
            ["even", 1],
            ["even", 2],
          ],
        ],
        [
          "sorted",
          [
            ["odd", 3],
            ["odd", 5],
            ["odd", 7],
          ],
        ],
      ],
    ],
  ),
  expecting(
    "sortBy of many rows gives every partition a range of about as many",
    sortedByRange,
    [[shuffled]],
    [
      [
        [0, 1],
        [1, 1],
        [2, 1],
        [3, 1],
      ],
    ],
    { numInputPartitions: 3 },
  ),
];
