import { testJob } from "dstream/testing";
import { type Case, expecting, failing } from "../case.ts";

// Windows as Spark's WindowOperationsSuite has them, and more cases of the same rules. A batch is 1 s.

const url = import.meta.url;
type Count = readonly [string, number];
const add = (a: number, b: number): number => a + b;
const subtract = (a: number, b: number): number => a - b;

const windowOf = (name: string, window: number, slide?: number) =>
  testJob<[number], number>(url, name, (_ssc, input) => input.window(window, slide));
export const basic = windowOf("window", 2_000);
export const tumbling = windowOf("tumbling window", 2_000, 2_000);
export const larger = windowOf("larger window", 4_000, 2_000);
export const nonOverlapping = windowOf("window with gaps", 2_000, 3_000);
export const single = windowOf("window of one batch", 1_000);
export const ofWindow = testJob<[number], number>(url, "window of a window", (_ssc, input) =>
  input.window(2_000, 1_000).window(4_000, 2_000),
);
export const counted = testJob<[number], number>(url, "count of a tumbling window", (_ssc, input) =>
  input.window(2_000, 2_000).count(),
);
export const united = testJob<[number, number], number>(url, "windows united", (_ssc, a, b) =>
  a
    .union(b)
    .window(2_000)
    .union(a.map((n) => -n).window(3_000)),
);
export const joined = testJob<[Count, Count], readonly [string, readonly [number, number]]>(
  url,
  "windows joined",
  (_ssc, a, b) => a.window(2_000).join(b.reduceByKey(add).window(2_000)),
);
export const ofMapped = testJob<[number], string>(
  url,
  "window behind a narrow operator behind a shuffle",
  (_ssc, input) =>
    input
      .repartition(3)
      .map((n) => `n${n}`)
      .window(2_000)
      .filter((text) => text !== "n1"),
);
export const ofState = testJob<[string], Count>(url, "state of a window", (_ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .window(2_000, 2_000)
    .updateStateByKey((ones, total = 0) => total + ones.length, { initialState: [["z", 5]] }),
);
export const arrays = testJob<[number[]], number[]>(url, "window of arrays", (_ssc, input) => input.window(2_000));

const numbers = [[[0], [1], [2], [3], [4], [5]]] as const satisfies [number[][]];

const plainWindows: readonly Case[] = [
  expecting("window has the rows of the batches in it", basic, numbers, [[0], [0, 1], [1, 2], [2, 3], [3, 4], [4, 5]]),
  expecting("a tumbling window has an RDD at multiples of its slide", tumbling, numbers, [
    [],
    [0, 1],
    [],
    [2, 3],
    [],
    [4, 5],
  ]),
  expecting("a window larger than its slide shrinks behind the end of the input", larger, numbers, [
    [],
    [0, 1],
    [],
    [0, 1, 2, 3],
    [],
    [2, 3, 4, 5],
    [],
    [4, 5],
    [],
    [],
  ]),
  expecting("a window smaller than its slide leaves batches out", nonOverlapping, numbers, [
    [],
    [],
    [1, 2],
    [],
    [],
    [4, 5],
  ]),
  expecting("a window of one batch is that batch", single, numbers, [[0], [1], [2], [3], [4], [5], []]),
  expecting(
    "a window of a window",
    ofWindow,
    numbers,
    // The inner windows at 1, 2, 3, …: 0; 01; 12; 23; 34; 45; 5.
    [[], [0, 0, 1], [], [0, 0, 1, 1, 2, 2, 3], [], [1, 2, 2, 3, 3, 4, 4, 5], [], [3, 4, 4, 5, 5]],
  ),
  expecting("rows are in the order of their batches", basic, [[[2], [1], [3]]], [[2], [2, 1], [1, 3], [3], []], {
    ordered: true,
    numInputPartitions: 1,
  }),
  expecting(
    "a batch without an RDD has no rows in a window",
    basic,
    [[[1], null, [3], null]],
    [[1], [1], [3], [3], []],
  ),
  expecting(
    "a window of more than one slide counts all its rows",
    counted,
    [[[1], [2, 3], [], [4], []]],
    [[], [3], [], [1], [], [0]],
  ),
  expecting(
    "windows over a union, and united themselves",
    united,
    [
      [[1], [2], [], [4]],
      [[10], [], [30], []],
    ],
    [
      [1, 10, -1],
      [1, 10, 2, -1, -2],
      [2, 30, -1, -2],
      [30, 4, -2, -4],
    ],
  ),
  expecting(
    "windows joined with each other",
    joined,
    [
      [[["a", 1]], [], [["a", 2]]],
      [
        [
          ["a", 10],
          ["a", 5],
        ],
        [["a", 20]],
        [],
      ],
    ],
    [
      [["a", [1, 15]]],
      [
        ["a", [1, 15]],
        ["a", [1, 20]],
      ],
      [["a", [2, 20]]],
      [],
    ],
  ),
  expecting("a window behind a shuffle and a map", ofMapped, [[[1, 2], [3], []]], [["n2"], ["n2", "n3"], ["n3"], []]),
  expecting(
    "state behind a window is updated with it, and begins with its initial state then",
    ofState,
    [[["a"], ["a", "b"], ["a"], [], ["c"]]],
    [
      [],
      [
        ["a", 2],
        ["b", 1],
        ["z", 5],
      ],
      [],
      [
        ["a", 3],
        ["b", 1],
        ["z", 5],
      ],
      [],
      [
        ["a", 3],
        ["b", 1],
        ["c", 1],
        ["z", 5],
      ],
    ],
  ),
  expecting("rows of any kind", arrays, [[[[1], []], [[2, 3]], []]], [[[1], []], [[1], [], [2, 3]], [[2, 3]], []]),
];

const byKey = (name: string, window: number, slide: number, options: { inverse?: typeof subtract } = {}) =>
  testJob<[Count], Count>(url, name, (_ssc, input) => input.reduceByKeyAndWindow(add, window, slide, options));
export const plain = byKey("reduceByKeyAndWindow", 2_000, 1_000);
export const inverse = byKey("reduceByKeyAndWindow with inverse", 2_000, 1_000, { inverse: subtract });
export const plainLarge = byKey("reduceByKeyAndWindow, large", 4_000, 2_000);
export const inverseLarge = byKey("reduceByKeyAndWindow with inverse, large", 4_000, 2_000, { inverse: subtract });
export const inverseGaps = byKey("reduceByKeyAndWindow with inverse and gaps", 2_000, 3_000, { inverse: subtract });
export const filtered = testJob<[Count], Count>(url, "reduceByKeyAndWindow with filter", (_ssc, input) =>
  input.reduceByKeyAndWindow(add, 2_000, 1_000, { inverse: subtract, filter: ([, n]) => n !== 0, partitioner: 3 }),
);
export const dropped = testJob<[Count], Count>(url, "a filter that drops what the window has", (_ssc, input) =>
  input.reduceByKeyAndWindow(add, 2_000, 1_000, { inverse: subtract, filter: () => false }),
);
const own = { numPartitions: 3, getPartition: (key: string) => key.length % 3 };
export const custom = testJob<[Count], Count>(url, "reduceByKeyAndWindow with a partitioner", (_ssc, input) =>
  input.reduceByKeyAndWindow(add, 2_000, 1_000, { inverse: subtract, partitioner: own }),
);

const a = (n: number): Count => ["a", n];
const b = (n: number): Count => ["b", n];

const reducedByKey: readonly Case[] = [plain, inverse].flatMap((job) => [
  expecting(`${job.name}: values of one batch`, job, [[[a(1), a(3)]]], [[a(4)]]),
  expecting(`${job.name}: a key that the window has`, job, [[[a(1)], [a(1)]]], [[a(1)], [a(2)]]),
  expecting(`${job.name}: a new key`, job, [[[a(1)], [a(1), b(1)]]], [[a(1)], [a(2), b(1)]]),
  expecting(
    `${job.name}: a key that leaves`,
    job,
    [[[a(1)], [a(1)], [], []]],
    [[a(1)], [a(2)], [a(1)], job === plain ? [] : [a(0)]],
  ),
  expecting(`${job.name}: a batch without an RDD`, job, [[[a(1)], null, [a(5)]]], [[a(1)], [a(1)], [a(5)]]),
]);

const largeSlides = [plainLarge, inverseLarge].map((job) =>
  expecting(
    `${job.name}: a slide of two batches`,
    job,
    [[[a(1)], [a(2)], [a(3)], [a(4)], [a(5)], [a(6)], [], []]],
    [[], [a(3)], [], [a(10)], [], [a(18)], [], [a(11)]],
  ),
);

export const countedByWindow = testJob<[number], number>(url, "countByWindow", (_ssc, input) =>
  input.countByWindow(2_000, 1_000),
);
export const reducedByWindow = testJob<[number], number>(url, "reduceByWindow", (_ssc, input) =>
  input.reduceByWindow(add, 2_000, 1_000),
);
export const reducedByWindowInverse = testJob<[number], number>(url, "reduceByWindow with inverse", (_ssc, input) =>
  input.reduceByWindow(add, 2_000, 1_000, { inverse: subtract }),
);
export const countedByValue = testJob<[string], Count>(url, "countByValueAndWindow", (_ssc, input) =>
  input.countByValueAndWindow(2_000, 1_000),
);
export const grouped = testJob<[Count], readonly [string, number[]]>(url, "groupByKeyAndWindow", (_ssc, input) =>
  input.groupByKeyAndWindow(2_000),
);

export const windows: readonly Case[] = [
  ...plainWindows,
  ...reducedByKey,
  ...largeSlides,
  expecting(
    "with inverse and a slide longer than the window, batches between do not count",
    inverseGaps,
    [[[a(100)], [a(1)], [a(2)], [a(100)], [a(4)], [a(8)], [], [], [], []]],
    [[], [], [a(3)], [], [], [a(12)], [], [], [a(0)], []],
  ),
  expecting(
    "filter drops keys whose values left",
    filtered,
    [[[a(1)], [b(2)], [], [], [a(3)]]],
    [[a(1)], [a(1), b(2)], [b(2)], [], [a(3)]],
  ),
  failing(
    "values leave for which there is no value before: filter dropped the key",
    dropped,
    [[[a(1)], [], []]],
    "ILLEGAL_STATE",
    /reduceByKeyAndWindow \(.*\): .*neither the previous window nor the new batches/,
  ),
  expecting(
    "reduceByKeyAndWindow with a partitioner of one's own",
    custom,
    [[[a(1), ["bb", 2]], [["ccc", 3]], []]],
    [
      [a(1), ["bb", 2]],
      [a(1), ["bb", 2], ["ccc", 3]],
      [a(0), ["bb", 0], ["ccc", 3]],
    ],
  ),
  expecting("countByWindow", countedByWindow, [[[1], [1], [1, 2], [0], [], []]], [[1], [2], [3], [3], [1], [0]]),
  expecting("countByWindow has nothing before the first row", countedByWindow, [[[], [1], []]], [[], [1], [1], [0]]),
  expecting("reduceByWindow", reducedByWindow, [[[1, 2], [3], [], [4]]], [[3], [6], [3], [4], [4], []]),
  expecting("reduceByWindow with inverse", reducedByWindowInverse, [[[1, 2], [3], [], []]], [[3], [6], [3], [0]]),
  expecting(
    "countByValueAndWindow",
    countedByValue,
    [[["a"], ["b", "b"], ["a", "b"], [], []]],
    [[a(1)], [a(1), b(2)], [a(1), b(3)], [a(1), b(1)], []],
  ),
  expecting(
    "groupByKeyAndWindow, the oldest values first",
    grouped,
    [[[a(2), a(1)], [a(0), b(7)], []]],
    [
      [["a", [2, 1]]],
      [
        ["a", [2, 1, 0]],
        ["b", [7]],
      ],
      [
        ["a", [0]],
        ["b", [7]],
      ],
      [],
    ],
    { numInputPartitions: 1 },
  ),
];
