import { testJob } from "dstream/testing";
import { type Case, expecting } from "../case.ts";
import { rows, totals, walk } from "../letters.ts";

// updateStateByKey's rows of Spark's BasicOperationsSuite, and more cases of the same rules.

const url = import.meta.url;

export const runningCount = testJob<[string], readonly [string, number]>(url, "running count", (_ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .updateStateByKey((ones, total = 0) => total + ones.reduce((a, b) => a + b, 0)),
);
export const runningCountReduced = testJob<[string], readonly [string, number]>(
  url,
  "running count behind reduceByKey",
  (_ssc, input) =>
    input
      .map((letter) => [letter, 1] as const)
      .reduceByKey((a, b) => a + b)
      .updateStateByKey((ones, total = 0) => total + ones.reduce((a, b) => a + b, 0)),
);
export const dropIdle = testJob<[string], readonly [string, { count: number; idle: number }]>(
  url,
  "drop after two idle batches",
  (_ssc, input) =>
    input
      .map((letter) => [letter, 1] as const)
      .updateStateByKey<{ count: number; idle: number }>((ones, state = { count: 0, idle: 0 }) => {
        if (ones.length > 0) return { count: state.count + ones.length, idle: 0 };
        return state.idle === 1 ? undefined : { count: state.count, idle: state.idle + 1 };
      }),
);
export const sumOfTimes = testJob<[string], readonly [string, number]>(url, "batch times of values", (_ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .updateStateByKey((ones, total = 0, _key, time) => (ones.length > 0 ? total + time : total)),
);
export const mutatesItsState = testJob<[string], readonly [string, string[]]>(
  url,
  "state changed in place",
  (_ssc, input) =>
    input
      .map((letter) => [letter, letter] as const)
      .updateStateByKey<string[]>((values, state = []) => {
        state.push(...values);
        return state;
      }),
);
export const stateOfPairs = testJob<[number], readonly [readonly [string, number], number]>(
  url,
  "composite keys",
  (_ssc, input) =>
    input
      .map((n) => [[n % 2 === 0 ? "even" : "odd", 7] as const, n] as const)
      .updateStateByKey((values, total = 0) => total + values.length),
);
export const twoStates = testJob<[string], readonly [string, number]>(url, "two states in one job", (_ssc, input) => {
  const ones = input.map((letter) => [letter, 1] as const);
  const counts = ones.updateStateByKey((values, total = 0) => total + values.length);
  return counts.union(ones.updateStateByKey((values, total = 100) => total + values.length));
});

const initialCounts = rows({ a: 1, c: 2 });
export const withInitialState = testJob<[string], readonly [string, number]>(url, "initial state", (_ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .updateStateByKey((values, total = 0) => total + values.length, { initialState: initialCounts }),
);
export const withInitialRDD = testJob<[string], readonly [string, number]>(url, "initial RDD", (ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .updateStateByKey((values, total = 0) => total + values.length, {
      initialState: ssc.parallelize(initialCounts, 2),
      checkpointInterval: 2_000,
    }),
);
export const sumOfTimesFromZero = testJob<[string], readonly [string, number]>(url, "times from zero", (_ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .updateStateByKey((values, sum = 0, _key, time) => (values.length > 0 ? sum + time : sum), {
      initialState: rows({ a: 0, c: 0 }),
      partitioner: { numPartitions: 2, getPartition: (letter) => (letter === "a" ? 0 : 1) },
    }),
);

const initialTotals = [
  rows({ a: 2, c: 2 }),
  rows({ a: 3, b: 1, c: 2 }),
  rows({ a: 4, b: 2, c: 3 }),
  rows({ a: 5, b: 3, c: 3 }),
  rows({ a: 6, b: 3, c: 3 }),
  rows({ a: 6, b: 3, c: 3 }),
];
/** The sum of the batch times in which each letter came; the first two batches stand before this. */
const sumsOfTimes = [
  rows({ a: 6_000, b: 5_000, c: 3_000 }),
  rows({ a: 10_000, b: 9_000, c: 3_000 }),
  rows({ a: 15_000, b: 9_000, c: 3_000 }),
  rows({ a: 15_000, b: 9_000, c: 3_000 }),
];

export const updateStateByKey: readonly Case[] = [
  expecting("every key with state is in every batch", runningCount, [walk], totals),
  expecting("the same behind reduceByKey, without a second shuffle", runningCountReduced, [walk], totals),
  expecting(
    "undefined removes a key; a batch without RDD still updates state",
    dropIdle,
    [[["a", "b"], null, ["a", "c", "a"], ["c"], null, null]],
    [
      [
        ["a", { count: 1, idle: 0 }],
        ["b", { count: 1, idle: 0 }],
      ],
      [
        ["a", { count: 1, idle: 1 }],
        ["b", { count: 1, idle: 1 }],
      ],
      [
        ["a", { count: 3, idle: 0 }],
        ["c", { count: 1, idle: 0 }],
      ],
      [
        ["a", { count: 3, idle: 1 }],
        ["c", { count: 2, idle: 0 }],
      ],
      [["c", { count: 2, idle: 1 }]],
      [],
    ],
  ),
  expecting(
    "the function is given the batch time",
    sumOfTimes,
    [walk],
    [rows({ a: 1_000 }), rows({ a: 3_000, b: 2_000 }), ...sumsOfTimes],
  ),
  expecting("keys of an initial state have it before the first batch", withInitialState, [walk], initialTotals),
  expecting("an initial state that is an RDD", withInitialRDD, [walk], initialTotals),
  expecting(
    "an initial state behind a custom partitioner, and values by batch time",
    sumOfTimesFromZero,
    [walk],
    [rows({ a: 1_000, c: 0 }), rows({ a: 3_000, b: 2_000, c: 0 }), ...sumsOfTimes],
  ),
  expecting(
    "state that its function changes in place is what the function returned",
    mutatesItsState,
    [[["a"], ["a"], []]],
    [[["a", ["a"]]], [["a", ["a", "a"]]], [["a", ["a", "a"]]]],
  ),
  expecting(
    "composite keys find their state by value",
    stateOfPairs,
    [[[1, 2, 3], [4]]],
    [
      [
        [["odd", 7], 2],
        [["even", 7], 1],
      ],
      [
        [["odd", 7], 2],
        [["even", 7], 2],
      ],
    ],
  ),
  expecting(
    "states of several operators do not mix",
    twoStates,
    [[["a"], ["a"]]],
    [
      [
        ["a", 1],
        ["a", 101],
      ],
      [
        ["a", 2],
        ["a", 102],
      ],
    ],
  ),
];
