import { testJob } from "dstream/testing";
import { type Case, expecting, failing } from "../case.ts";
import { rows } from "../letters.ts";

// updateStateByKey with an iterator of keys.

const url = import.meta.url;

type Keys<V, S> = Iterable<readonly [key: string, values: readonly V[], state: S | undefined]>;

function* sums(keys: Keys<number, number>): Generator<readonly [string, number]> {
  for (const [key, values, total = 0] of keys) yield [key, total + values.reduce((a, b) => a + b, 0)];
}

const initialCounts = rows({ a: 1, c: 2 });

export const runningSums = testJob<[string], readonly [string, number]>(url, "sums by partition", (_ssc, letters) =>
  letters.map((letter) => [letter, 1] as const).updateStateByPartition(sums, { partitioner: 3, name: "sums" }),
);
export const fromInitial = testJob<[string], readonly [string, number]>(
  url,
  "sums by partition with initial state",
  (ssc, letters) =>
    letters
      .map((letter) => [letter, 1] as const)
      .updateStateByPartition(sums, {
        initialState: ssc.parallelize(initialCounts, 2),
        rememberPartitioner: true,
        checkpointInterval: 2_000,
      }),
);
/** Keys without values for one batch go; the others have the batch's time. */
export const lastSeen = testJob<[string], readonly [string, number]>(url, "keys of the batch", (_ssc, letters) =>
  letters
    .map((letter) => [letter, 1] as const)
    .updateStateByPartition<number>(function* (keys, time) {
      for (const [key, values, before] of keys) {
        if (values.length > 0) yield [key, time];
        else if (before !== undefined && time - before < 2_000) yield [key, before];
      }
    }),
);
/** A state that belongs to no key of the batch: what the partition has seen. */
export const withTotal = testJob<[string], readonly [string, number]>(
  url,
  "a key of the partition's own",
  (_ssc, letters) =>
    letters
      .map((letter) => [letter, 1] as const)
      .updateStateByPartition<number>(
        (keys) => {
          let total = 0;
          for (const [key, values, state = 0] of keys) total += key === "total" ? state : values.length;
          return [["total", total]];
        },
        { partitioner: 1 },
      ),
);
export const elsewhere = testJob<[string], readonly [string, number]>(url, "keys of others", (_ssc, letters) =>
  letters
    .map((letter) => [letter, 1] as const)
    .updateStateByPartition<number>((keys) => [...keys].map(([key]) => [key === "a" ? "b" : "a", 1]), {
      partitioner: { numPartitions: 2, getPartition: (key) => (key === "a" ? 0 : 1) },
    }),
);
export const twice = testJob<[string], readonly [string, number]>(url, "a key twice", (_ssc, letters) =>
  letters
    .map((letter) => [letter, 1] as const)
    .updateStateByPartition<number>((keys) =>
      [...keys].flatMap(([key]) => [
        [key, 1],
        [key, 2],
      ]),
    ),
);

const letters = [["a"], ["a", "b"], ["a", "b", "c"], ["a", "b"], ["a"], []];

export const updateStateByPartition: readonly Case[] = [
  expecting(
    "the initial state of a partition waits for the first RDD of its stream",
    fromInitial,
    [[null, ["a"], null]],
    [[], rows({ a: 2, c: 2 }), rows({ a: 2, c: 2 })],
  ),
  expecting(
    "updateStateByPartition keeps a state for each key",
    runningSums,
    [letters],
    [
      [["a", 1]],
      [
        ["a", 2],
        ["b", 1],
      ],
      ...[3, 4, 5, 5].map((a, i): (readonly [string, number])[] => [
        ["a", a],
        ["b", Math.min(2 + i, 3)],
        ["c", 1],
      ]),
    ],
  ),
  expecting(
    "updateStateByPartition begins with an initial state, all of which it is given",
    fromInitial,
    [[["a"], ["b"], null]],
    [
      [
        ["a", 2],
        ["c", 2],
      ],
      ...[0, 1].map((): (readonly [string, number])[] => [
        ["a", 2],
        ["b", 1],
        ["c", 2],
      ]),
    ],
  ),
  expecting(
    "updateStateByPartition knows the batch's time, and removes what its function does not give",
    lastSeen,
    [[["a", "b"], ["a"], [], ["b"]]],
    [
      [
        ["a", 1_000],
        ["b", 1_000],
      ],
      [
        ["a", 2_000],
        ["b", 1_000],
      ],
      [["a", 2_000]],
      [["b", 4_000]],
    ],
  ),
  expecting(
    "updateStateByPartition may give a key that had neither values nor state",
    withTotal,
    [[["a", "b"], [], ["a"]]],
    [[["total", 2]], [["total", 2]], [["total", 3]]],
  ),
];

export const updateStateByPartitionMistakes: readonly Case[] = [
  failing(
    "updateStateByPartition refuses a key of another partition",
    elsewhere,
    [[["a"]]],
    "ILLEGAL_STATE",
    /updateStateByPartition \(test\/cases\/tables\/update-state-by-partition\.ts:\d+:\d+\): the key with hash [0-9a-f]{8} \(string\) belongs to another partition/,
  ),
  failing(
    "updateStateByPartition refuses two states of a key",
    twice,
    [[["a"]]],
    "ILLEGAL_STATE",
    /updateStateByPartition \(.*\): the key with hash [0-9a-f]{8} \(string\) was given twice/,
  ),
];
