import { testJob } from "dstream/testing";
import { type Case, expecting } from "../case.ts";
import { rows } from "../letters.ts";

// More cases of the rules of windows: which batches are in one, when one is due, and what stays when all has left.

const url = import.meta.url;
type Count = readonly [string, number];
const add = (a: number, b: number): number => a + b;
const subtract = (a: number, b: number): number => a - b;

const ofNumbers = <R>(name: string, build: Parameters<typeof testJob<[number], R>>[2]) =>
  testJob<[number], R>(url, name, build);
const ofPairs = <R>(name: string, build: Parameters<typeof testJob<[Count], R>>[2]) =>
  testJob<[Count], R>(url, name, build);

export const long = ofNumbers("window of 5, slide of 3", (_ssc, input) => input.window(5_000, 3_000));
export const stepsOfSteps = ofNumbers("tumbling windows of tumbling windows", (_ssc, input) =>
  input
    .window(2_000, 2_000)
    .window(4_000, 4_000)
    .map((n) => n),
);
export const countsOfCounts = ofNumbers("sums of counts of windows", (_ssc, input) =>
  input.window(2_000, 2_000).count().window(4_000, 2_000).reduce(add),
);
export const behindWindow = ofPairs("reduceByKey of a slower stream", (_ssc, input) =>
  input
    .window(2_000, 2_000)
    .reduceByKey(add)
    .mapValues((n) => n * 10),
);
export const defaultSlide = ofPairs("reduceByKeyAndWindow with the stream's own slide", (_ssc, input) =>
  input.window(2_000, 2_000).reduceByKeyAndWindow(add, 4_000),
);
export const texts = testJob<[readonly [string, string]], readonly [string, string]>(
  url,
  "reduceByKeyAndWindow in the order of batches",
  (_ssc, input) => input.reduceByKeyAndWindow((a, b) => a + b, 3_000),
);
export const textsInverse = testJob<[readonly [string, string]], readonly [string, string]>(
  url,
  "what leaves is reduced, then taken out, then what enters is added",
  (_ssc, input) =>
    input.reduceByKeyAndWindow((a, b) => `${a}${b}`, 2_000, 2_000, {
      inverse: (a, b) => `(${a}-${b})`,
      partitioner: 1,
    }),
);
export const gapsCounted = ofNumbers("countByWindow with gaps", (_ssc, input) => input.countByWindow(1_000, 3_000));
export const largeCounted = ofNumbers("countByWindow with a large slide", (_ssc, input) =>
  input.countByWindow(4_000, 2_000),
);
export const largest = ofNumbers("reduceByWindow of what has no inverse", (_ssc, input) =>
  input.reduceByWindow((a, b) => Math.max(a, b), 3_000, 1_000),
);
export const objectsByValue = testJob<[{ readonly id: number }], readonly [{ readonly id: number }, number]>(
  url,
  "countByValueAndWindow of objects",
  (_ssc, input) => input.countByValueAndWindow(2_000, 1_000, 3),
);
export const groupedGaps = ofPairs("groupByKeyAndWindow with gaps", (_ssc, input) =>
  input.groupByKeyAndWindow(1_000, 2_000).mapValues((all) => all.reduce(add)),
);
export const stateOfInverse = ofPairs("state of an inverse window", (_ssc, input) =>
  input
    .reduceByKeyAndWindow(add, 2_000, 1_000, { inverse: subtract, filter: ([, n]) => n !== 0 })
    .updateStateByKey<number>((values, sum = 0) => values.reduce(add, sum)),
);
export const filterKeeps = ofPairs("a filter of keys that have values", (_ssc, input) =>
  input.reduceByKeyAndWindow(add, 3_000, 1_000, { inverse: subtract, filter: ([key, n]) => key === "kept" || n > 0 }),
);

const upTo = (n: number): number[][] => Array.from({ length: n }, (_, i) => [i + 1]);

export const windowRules: readonly Case[] = [
  expecting(
    "a window is due at multiples of its slide and reaches back over its length",
    long,
    [upTo(9)],
    [
      ...[[], [], [1, 2, 3]],
      ...[[], [], [2, 3, 4, 5, 6]],
      ...[[], [], [5, 6, 7, 8, 9]],
      ...[[], [], [8, 9]],
      ...[[], [], []],
    ],
  ),
  expecting(
    "tumbling windows of tumbling windows are due together every second time",
    stepsOfSteps,
    [upTo(8)],
    [...[[], [], [], [1, 2, 3, 4]], ...[[], [], [], [5, 6, 7, 8]]],
  ),
  expecting(
    "a window of counts has a count for each window before it",
    countsOfCounts,
    [[[1], [1, 1], [], [1], [1], [], [], []]],
    [[], [3], [], [4], [], [2], [], [1]],
  ),
  expecting(
    "operators behind a window run when it is due",
    behindWindow,
    [[rows({ a: 1 }), rows({ a: 2 }), rows({ a: 3 }), rows({ b: 4 })]],
    [[], rows({ a: 30 }), [], rows({ a: 30, b: 40 })],
  ),
  expecting(
    "without a slide a window has its stream's",
    defaultSlide,
    [[rows({ a: 1 }), rows({ a: 2 }), [], rows({ a: 4 }), [], [], [], []]],
    [[], rows({ a: 3 }), [], rows({ a: 7 }), [], rows({ a: 4 }), [], []],
  ),
  expecting(
    "values of a window are reduced in the order of their batches",
    texts,
    [
      [
        [
          ["a", "1"],
          ["a", "2"],
        ],
        [["a", "3"]],
        [],
        [["a", "4"]],
      ],
    ],
    [[["a", "12"]], [["a", "123"]], [["a", "123"]], [["a", "34"]]],
    { numInputPartitions: 1 },
  ),
  expecting(
    "with inverse what left is reduced and taken out, then what entered is added",
    textsInverse,
    [[[["a", "1"]], [["a", "2"]], [["a", "3"]], [["a", "4"]], [], []]],
    [[], [["a", "12"]], [], [["a", "(12-12)34"]], [], [["a", "((12-12)34-34)"]]],
    { numInputPartitions: 1 },
  ),
  expecting(
    "countByWindow counts only batches that its windows reach",
    gapsCounted,
    [[[1], [1], [1, 1], [1], [1], [], [], []]],
    [...[[], [], [2]], ...[[], [], [0]], ...[[], []]],
  ),
  expecting(
    "countByWindow at every other batch",
    largeCounted,
    [[[1], [1, 1], [], [1], [], [], [], []]],
    [...[[], [3], [], [4]], ...[[], [1], [], [0]]],
  ),
  expecting(
    "reduceByWindow folds what is in the window anew",
    largest,
    [[[5], [1, 2], [], [], [3], [], [], []]],
    [...[[5], [5], [5], [2]], ...[[3], [3], [3], []]],
  ),
  expecting(
    "countByValueAndWindow compares objects by value and drops those that left",
    objectsByValue,
    [[[{ id: 1 }, { id: 1 }], [{ id: 2 }], [], [{ id: 1 }]]],
    [
      [[{ id: 1 }, 2]],
      [
        [{ id: 1 }, 2],
        [{ id: 2 }, 1],
      ],
      [[{ id: 2 }, 1]],
      [[{ id: 1 }, 1]],
    ],
  ),
  expecting(
    "groupByKeyAndWindow leaves out what no window reaches",
    groupedGaps,
    [[rows({ a: 1 }), rows({ a: 2 }), rows({ a: 4 }), rows({ b: 8 }), []]],
    [[], rows({ a: 2 }), [], rows({ b: 8 }), []],
  ),
  expecting(
    "a state behind an inverse window adds up its values",
    stateOfInverse,
    [[rows({ a: 1 }), rows({ a: 2 }), [], [], []]],
    [rows({ a: 1 }), rows({ a: 4 }), rows({ a: 6 }), rows({ a: 6 }), rows({ a: 6 })],
  ),
  expecting(
    "filter may keep a key whose values left, as long as it wants",
    filterKeeps,
    [[rows({ kept: 1, other: 2 }), [], [], [], [], rows({ other: 3 })]],
    [
      rows({ kept: 1, other: 2 }),
      rows({ kept: 1, other: 2 }),
      rows({ kept: 1, other: 2 }),
      rows({ kept: 0 }),
      rows({ kept: 0 }),
      rows({ kept: 0, other: 3 }),
    ],
  ),
];
