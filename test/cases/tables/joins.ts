import type { PairDStream } from "dstream";
import { testJob } from "dstream/testing";
import { type Case, expecting, failing } from "../case.ts";

// The joins of Spark's BasicOperationsSuite, and more cases of the same rules.

const url = import.meta.url;
type Two<R> = Parameters<typeof testJob<[string, string], R>>[2];
type Pairs = PairDStream<string, number>;

/** The letters of the first input with 1, those of the second with "x". */
const ones = (letters: Parameters<Two<unknown>>[1]): Pairs => letters.map((letter) => [letter, 1] as const);
const exes = (letters: Parameters<Two<unknown>>[2]): PairDStream<string, string> =>
  letters.map((letter) => [letter, "x"] as const);

export const joined = testJob<[string, string], readonly [string, readonly [number, string]]>(
  url,
  "join",
  (_ssc, a, b) => ones(a).join(exes(b)),
);
export const leftJoined = testJob<[string, string], readonly [string, readonly [number, string | undefined]]>(
  url,
  "leftOuterJoin",
  (_ssc, a, b) => ones(a).leftOuterJoin(exes(b)),
);
export const rightJoined = testJob<[string, string], readonly [string, readonly [number | undefined, string]]>(
  url,
  "rightOuterJoin",
  (_ssc, a, b) => ones(a).rightOuterJoin(exes(b)),
);
export const fullJoined = testJob<
  [string, string],
  readonly [string, readonly [number | undefined, string | undefined]]
>(url, "fullOuterJoin", (_ssc, a, b) => ones(a).fullOuterJoin(exes(b)));
export const cogrouped = testJob<[string, string], readonly [string, readonly [number[], string[]]]>(
  url,
  "cogroup",
  (_ssc, a, b) => ones(a).cogroup(exes(b)),
);

type Numbered = readonly [string, number];
export const joinedPairs = testJob<[Numbered, Numbered], readonly [string, readonly [number, number]]>(
  url,
  "join of pairs",
  (_ssc, a, b) => a.join(b),
);
export const cogroupedPairs = testJob<[Numbered, Numbered], readonly [string, readonly [number[], number[]]]>(
  url,
  "cogroup of pairs into one partition",
  (_ssc, a, b) => a.cogroup(b, 1),
);
export const nullable = testJob<
  [readonly [string, number | null], readonly [string, string | null]],
  readonly [string, readonly [number | null | undefined, string | null | undefined]]
>(url, "fullOuterJoin of null values", (_ssc, a, b) => a.fullOuterJoin(b));
export const joinedWithItself = testJob<[Numbered], readonly [string, readonly [number, number]]>(
  url,
  "join of a stream with itself",
  (_ssc, a) => a.join(a),
);
type Place = { readonly x: number; readonly y: readonly [string, Date] };
export const placesJoined = testJob<
  [readonly [string, number], readonly [string, number]],
  readonly [Place, readonly [number, number]]
>(url, "join by object keys", (_ssc, a, b) =>
  a
    .map(([name, n]) => [{ x: 1, y: [name, new Date(7)] } as Place, n] as const)
    .join(b.map(([name, n]) => [{ y: [name, new Date(7)], x: 1 } as Place, n] as const)),
);
export const numberKeys = testJob<
  [readonly [number, string], readonly [number, string]],
  readonly [number, readonly [string, string]]
>(url, "join by numbers", (_ssc, a, b) => a.join(b));

const twoLetters = [
  [["a", "b"], ["a", ""], [""], []],
  [["a", "b"], ["b", ""], [], [""]],
] satisfies [string[][], string[][]];

export const joinCases: readonly Case[] = [
  expecting("join pairs the values of keys of both streams", joined, twoLetters, [
    [
      ["a", [1, "x"]],
      ["b", [1, "x"]],
    ],
    [["", [1, "x"]]],
    [],
    [],
  ]),
  expecting("leftOuterJoin keeps keys of the left stream only, with undefined", leftJoined, twoLetters, [
    [
      ["a", [1, "x"]],
      ["b", [1, "x"]],
    ],
    [
      ["", [1, "x"]],
      ["a", [1, undefined]],
    ],
    [["", [1, undefined]]],
    [],
  ]),
  expecting("rightOuterJoin keeps keys of the right stream only, with undefined", rightJoined, twoLetters, [
    [
      ["a", [1, "x"]],
      ["b", [1, "x"]],
    ],
    [
      ["", [1, "x"]],
      ["b", [undefined, "x"]],
    ],
    [],
    [["", [undefined, "x"]]],
  ]),
  expecting("fullOuterJoin keeps the keys of either stream", fullJoined, twoLetters, [
    [
      ["a", [1, "x"]],
      ["b", [1, "x"]],
    ],
    [
      ["", [1, "x"]],
      ["a", [1, undefined]],
      ["b", [undefined, "x"]],
    ],
    [["", [1, undefined]]],
    [["", [undefined, "x"]]],
  ]),
  expecting(
    "cogroup has all values of both streams for each key of either",
    cogrouped,
    [
      [["a", "a", "b"], ["a", ""], [""], []],
      [["a", "a", "b"], ["b", ""], [], []],
    ],
    [
      [
        [
          "a",
          [
            [1, 1],
            ["x", "x"],
          ],
        ],
        ["b", [[1], ["x"]]],
      ],
      [
        ["a", [[1], []]],
        ["b", [[], ["x"]]],
        ["", [[1], ["x"]]],
      ],
      [["", [[1], []]]],
      [],
    ],
  ),
  expecting(
    "a join has every combination of a key's values",
    joinedPairs,
    [
      [
        [
          ["a", 1],
          ["a", 2],
          ["b", 3],
          ["a", 4],
        ],
      ],
      [
        [
          ["a", 10],
          ["c", 20],
          ["a", 30],
        ],
      ],
    ],
    [
      [
        ["a", [1, 10]],
        ["a", [1, 30]],
        ["a", [2, 10]],
        ["a", [2, 30]],
        ["a", [4, 10]],
        ["a", [4, 30]],
      ],
    ],
  ),
  expecting(
    "a cogroup's values are in the order of partitions and of rows in them",
    cogroupedPairs,
    [
      [
        [
          ["a", 3],
          ["a", 1],
          ["a", 2],
          ["a", 9],
        ],
      ],
      [
        [
          ["a", 8],
          ["a", 7],
          ["a", 6],
        ],
      ],
    ],
    [
      [
        [
          "a",
          [
            [3, 1, 2, 9],
            [8, 7, 6],
          ],
        ],
      ],
    ],
  ),
  expecting(
    "a null value is a value, an absent one is undefined",
    nullable,
    [
      [
        [
          ["both", null],
          ["left", null],
        ],
      ],
      [
        [
          ["both", null],
          ["right", null],
        ],
      ],
    ],
    [
      [
        ["both", [null, null]],
        ["left", [null, undefined]],
        ["right", [undefined, null]],
      ],
    ],
  ),
  expecting(
    "a stream may be joined with itself",
    joinedWithItself,
    [
      [
        [
          ["a", 1],
          ["a", 2],
          ["b", 3],
        ],
        [],
      ],
    ],
    [
      [
        ["a", [1, 1]],
        ["a", [1, 2]],
        ["a", [2, 1]],
        ["a", [2, 2]],
        ["b", [3, 3]],
      ],
      [],
    ],
  ),
  expecting(
    "object keys meet by value, whatever the order of their properties",
    placesJoined,
    [
      [
        [
          ["home", 1],
          ["away", 2],
        ],
      ],
      [
        [
          ["home", 10],
          ["else", 20],
        ],
      ],
    ],
    [[[{ x: 1, y: ["home", new Date(7)] }, [1, 10]]]],
  ),
  expecting(
    "−0 meets 0, and NaN meets NaN",
    numberKeys,
    [
      [
        [
          [-0, "minus"],
          [Number.NaN, "nan"],
          [1, "one"],
        ],
      ],
      [
        [
          [0, "zero"],
          [Number.NaN, "NAN"],
        ],
      ],
    ],
    [
      [
        [0, ["minus", "zero"]],
        [Number.NaN, ["nan", "NAN"]],
      ],
    ],
  ),
  failing(
    "a join fails when a stream has no RDD",
    joined,
    [
      [["a"], ["a"]],
      [["a"], null],
    ],
    "ILLEGAL_STATE",
    /join \(test\/cases\/tables\/joins\.ts:\d+:\d+\): an input stream gave no RDD for this batch/,
  ),
  failing(
    "a cogroup fails when neither stream has an RDD",
    cogrouped,
    [[null], [null]],
    "ILLEGAL_STATE",
    /cogroup \(test\/cases\/tables\/joins\.ts:\d+:\d+\): an input stream gave no RDD for this batch/,
  ),
];
