import { testJob } from "dstream/testing";
import { type Case, expecting, failing } from "../case.ts";

// transform and transformWith of Spark's BasicOperationsSuite and its Python tests, and more cases of the same rules.

const url = import.meta.url;

type Numbered = readonly [string, number];

export const texts = testJob<[number], string>(url, "transform to strings", (_ssc, numbers) =>
  numbers.transform((rdd) => rdd.map(String)),
);

export const itself = testJob<[number], number>(url, "transform to itself", (_ssc, numbers) =>
  numbers.map((n) => n + 1).transform((rdd) => rdd),
);

export const withTime = testJob<[number], string>(url, "transform with the time", (_ssc, numbers) =>
  numbers.transform((rdd, time) => (time === 2_000 ? rdd.filter((n) => n > 1) : rdd).map((n) => `${n} at ${time}`)),
);

export const nothing = testJob<[number], number>(url, "transform to null", (_ssc, numbers) =>
  numbers.transform((rdd, time) => (time === 2_000 ? (null as never) : rdd)),
);

export const forgotten = testJob<[number], number>(url, "transform to undefined", (_ssc, numbers) =>
  numbers.transform((rdd) => {
    rdd.map((n) => n);
    return undefined as never;
  }),
);

export const promised = testJob<[number], number>(url, "transform to a promise", (_ssc, numbers) =>
  numbers.transform((async (rdd: unknown) => rdd) as never),
);

export const countingStatic = testJob<[number], number>(url, "counts a static RDD", (ssc, numbers) => {
  const fixed = ssc.parallelize([1, 2]);
  return numbers.transform((rdd) => {
    void fixed.count();
    return rdd;
  });
});

export const countingInTask = testJob<[number], number>(url, "counts in a task", (ssc, numbers) => {
  const fixed = ssc.parallelize([1, 2]);
  return numbers.map((n) => {
    void fixed.count();
    return n;
  });
});

export const counting = testJob<[number], number>(url, "transform with an action", (_ssc, numbers) =>
  numbers.transform((rdd) => {
    void rdd.count();
    return rdd;
  }),
);

export const throwing = testJob<[number], number>(url, "transform that throws", (_ssc, numbers) =>
  numbers.transform(() => {
    throw new TypeError("no");
  }),
);

export const joinedRDDs = testJob<[Numbered, readonly [string, string]], readonly [string, readonly [number, string]]>(
  url,
  "transformWith a join",
  (_ssc, a, b) => a.transformWith(b, (x, y) => x.join(y)),
);

export const three = testJob<[number], number>(url, "StreamingContext.transform of three", (ssc, numbers) =>
  ssc.transform([numbers, numbers.map((n) => n + 4), numbers.map((n) => n + 8)], ([a, b, c]) => a.union(b).union(c)),
);

export const perKey = testJob<[string], Numbered>(url, "transform with operators by key", (_ssc, words) =>
  words.transform((rdd) =>
    rdd
      .map((word) => [word, 1] as const)
      .reduceByKey((a, b) => a + b, 2)
      .filter(([, n]) => n > 1)
      .mapValues((n) => n * 10),
  ),
);

export const behind = testJob<[string], Numbered>(url, "state behind transform", (_ssc, words) =>
  words
    .transform((rdd, time) => (time % 2_000 === 0 ? rdd.distinct(5) : rdd).map((word) => [word, 1] as const))
    .updateStateByKey((ones, total: number = 0) => total + ones.length),
);

export const listed = testJob<[string], string>(url, "transform with a static RDD", (ssc, words) => {
  const blocked = ssc.parallelize([["spam", true] as const, ["ham", true] as const], 2);
  return words.transform((rdd) =>
    rdd
      .map((word) => [word, 1] as const)
      .leftOuterJoin(blocked)
      .filter(([, [, isBlocked]]) => isBlocked === undefined)
      .keys(),
  );
});

export const listedFirst = testJob<[string], string>(url, "a static RDD first", (ssc, words) => {
  const more = ssc.parallelize(["x", "y", "z"], 2).filter((word) => word !== "y");
  return words.transform((rdd) => more.union(rdd));
});

export const onlyStatic = testJob<[string], string>(url, "transform to a static RDD", (ssc, words) =>
  words.transform((_rdd, time) => ssc.parallelize([`made at ${time}`])),
);

export const indexed = testJob<[string], readonly [string, number]>(url, "zipWithIndex", (_ssc, words) =>
  words.transform((rdd) => rdd.zipWithIndex()),
);

export const zipped = testJob<[number], readonly [number, number]>(url, "zip", (_ssc, numbers) =>
  numbers.transform((rdd) => rdd.zip(rdd.map((n) => n * 10))),
);

export const crossed = testJob<[number, string], readonly [number, string]>(url, "cartesian", (_ssc, a, b) =>
  a.transformWith(b, (x, y) => x.cartesian(y)),
);

export const ordered = testJob<[number], number[]>(url, "sortBy", (_ssc, numbers) =>
  numbers.transform((rdd) => rdd.sortBy((n) => n, false, 2).glom()),
);

export const merged = testJob<[number], number[]>(url, "coalesce", (_ssc, numbers) =>
  numbers.transform((rdd) => rdd.repartition(4).coalesce(2).glom()),
);

export const sets = testJob<[string, string], readonly [string, string]>(url, "sets", (_ssc, a, b) =>
  a.transformWith(b, (x, y) =>
    x
      .intersection(y)
      .map((word) => ["both", word] as const)
      .union(x.subtract(y).map((word) => ["left", word] as const))
      .union(
        x
          .union(y)
          .distinct()
          .map((word) => ["any", word] as const),
      ),
  ),
);

export const twice = testJob<[number], number>(url, "transform of transform", (_ssc, numbers) =>
  numbers
    .transform((rdd) => rdd.map((n) => n + 1).repartition(3))
    .transform((rdd) => rdd.map((n) => n * rdd.numPartitions)),
);

export const kept = testJob<[number], number>(url, "an RDD of an earlier batch", (_ssc, numbers) => {
  let first: unknown;
  return numbers.transform((rdd) => {
    first ??= rdd;
    return first as typeof rdd;
  });
});

export const windowed = testJob<[string], Numbered>(url, "window behind transform", (_ssc, words) =>
  words
    .transform((rdd, time) => rdd.map((word) => [word, 1] as const).reduceByKey((a, b) => a + b, time / 1_000))
    .filter(([word]) => word !== "-")
    .window(3_000, 1_000),
);

export const slower = testJob<[string], string>(url, "transform of a window", (_ssc, words) =>
  words.window(2_000, 2_000).transform((rdd, time) => rdd.distinct(2).map((word) => `${word} ${time}`)),
);

export const transformCases: readonly Case[] = [
  expecting(
    "a window behind transform has its panes, however many partitions each batch has",
    windowed,
    [[["a", "b", "a"], ["-", "b"], [], ["c"], []]],
    [
      [
        ["a", 2],
        ["b", 1],
      ],
      [
        ["a", 2],
        ["b", 1],
        ["b", 1],
      ],
      [
        ["a", 2],
        ["b", 1],
        ["b", 1],
      ],
      [
        ["b", 1],
        ["c", 1],
      ],
      [["c", 1]],
    ],
  ),
  expecting(
    "transform of a slower stream is called when that has an RDD",
    slower,
    [[["a"], ["a", "b"], ["c"], []]],
    [[], ["a 2000", "b 2000"], [], ["c 4000"]],
  ),
  expecting(
    "transform gives what its function makes of the RDD",
    texts,
    [
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
        [9, 10, 11, 12],
      ],
    ],
    [
      ["1", "2", "3", "4"],
      ["5", "6", "7", "8"],
      ["9", "10", "11", "12"],
    ],
  ),
  expecting("transform may give the RDD itself", itself, [[[1, 2], [], [3]]], [[2, 3], [], [4]]),
  expecting(
    "transform's function is called for each batch with its time, and may build other graphs",
    withTime,
    [
      [
        [1, 2],
        [1, 2],
        [1, 2],
      ],
    ],
    [["1 at 1000", "2 at 1000"], ["2 at 2000"], ["1 at 3000", "2 at 3000"]],
  ),
  failing(
    "transform that gives null ends the job",
    nothing,
    [[[1], [2]]],
    "ILLEGAL_STATE",
    /the function of transform \(test\/cases\/tables\/transform\.ts:\d+:\d+\) returned null in batch 2000; it must return an RDD/,
  ),
  failing(
    "transform of a stream that has no RDD ends the job",
    texts,
    [[[1], null]],
    "ILLEGAL_STATE",
    /transform \(.*\): an input stream gave no RDD for this batch/,
  ),
  expecting(
    "transformWith joins the RDDs of a batch",
    joinedRDDs,
    [
      [
        [
          ["a", 1],
          ["b", 1],
        ],
        [
          ["a", 1],
          ["", 1],
        ],
        [["", 1]],
        [],
      ],
      [
        [
          ["a", "x"],
          ["b", "x"],
        ],
        [
          ["b", "x"],
          ["", "x"],
        ],
        [],
        [["", "x"]],
      ],
    ],
    [
      [
        ["a", [1, "x"]],
        ["b", [1, "x"]],
      ],
      [["", [1, "x"]]],
      [],
      [],
    ],
  ),
  expecting(
    "StreamingContext.transform takes the RDDs of many streams",
    three,
    [[[1, 2, 3, 4], [101], []]],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [101, 105, 109], []],
  ),
  expecting(
    "operators by key shuffle inside transform",
    perKey,
    [[["a", "b", "a", "c", "b", "a"], [], ["c", "c"]]],
    [
      [
        ["a", 30],
        ["b", 20],
      ],
      [],
      [["c", 20]],
    ],
  ),
  expecting(
    "state behind transform stays in place, whatever the batch's graph is",
    behind,
    [[["a", "b", "a"], ["a", "a"], ["c", "c"], []]],
    [
      [
        ["a", 2],
        ["b", 1],
      ],
      [
        ["a", 3],
        ["b", 1],
      ],
      [
        ["a", 3],
        ["b", 1],
        ["c", 2],
      ],
      [
        ["a", 3],
        ["b", 1],
        ["c", 2],
      ],
    ],
  ),
  expecting(
    "a static RDD is joined in transform",
    listed,
    [
      [
        ["spam", "tea", "ham"],
        ["tea", "milk"],
      ],
    ],
    [["tea"], ["tea", "milk"]],
  ),
  expecting(
    "a static RDD may be the first of two",
    listedFirst,
    [[["a"], []]],
    [
      ["x", "z", "a"],
      ["x", "z"],
    ],
  ),
  expecting("transform may give a static RDD", onlyStatic, [[["a"], []]], [["made at 1000"], ["made at 2000"]]),
  expecting(
    "zipWithIndex numbers rows over all partitions",
    indexed,
    [[["a", "b", "c", "d", "e"], []]],
    [
      [
        ["a", 0],
        ["b", 1],
        ["c", 2],
        ["d", 3],
        ["e", 4],
      ],
      [],
    ],
    { numInputPartitions: 3, ordered: true },
  ),
  expecting(
    "zip pairs the rows of two RDDs by position",
    zipped,
    [[[1, 2, 3], [4]]],
    [
      [
        [1, 10],
        [2, 20],
        [3, 30],
      ],
      [[4, 40]],
    ],
  ),
  expecting(
    "cartesian has every combination, partition by partition",
    crossed,
    [
      [[1, 2, 3], []],
      [["a", "b"], ["c"]],
    ],
    [
      [
        [1, "a"],
        [1, "b"],
        [2, "a"],
        [3, "a"],
        [2, "b"],
        [3, "b"],
      ],
      [],
    ],
    { ordered: true },
  ),
  expecting(
    "sortBy orders rows over all partitions",
    ordered,
    [[[3, 1, 5, 2, 4], []]],
    [
      [
        [5, 4, 3],
        [2, 1],
      ],
      [[], []],
    ],
    {
      ordered: true,
    },
  ),
  expecting(
    "coalesce merges neighbours",
    merged,
    [[[1, 2, 3, 4, 5, 6]]],
    [
      [
        [1, 2, 4],
        [3, 5, 6],
      ],
    ],
    {
      ordered: true,
    },
  ),
  expecting(
    "intersection, subtract, union and distinct",
    sets,
    [[["a", "b", "b", "c"]], [["b", "d"]]],
    [
      [
        ["both", "b"],
        ["left", "a"],
        ["left", "c"],
        ["any", "a"],
        ["any", "b"],
        ["any", "c"],
        ["any", "d"],
      ],
    ],
  ),
  expecting("transform of what transform gave knows its partitions", twice, [[[1, 2], [3]]], [[6, 9], [12]]),
];

/** Found by the driver before anything runs, on every cluster alike. */
export const transformMistakes: readonly Case[] = [
  failing("transform that gives nothing ends the job", forgotten, [[[1]]], "ILLEGAL_STATE", /returned undefined/),
  failing("transform's function may not be async", promised, [[[1]]], "PROMISE_NOT_AWAITED", /gave a promise/),
  failing(
    "an action inside transform ends the job",
    counting,
    [[[1]]],
    "ILLEGAL_STATE",
    /count\(\) inside the function of transform \(.*\): .* actions belong into foreachRDD/,
  ),
  failing(
    "an action of a static RDD inside transform ends the job, too, awaited or not",
    countingStatic,
    [[[1]]],
    "ILLEGAL_STATE",
    /count\(\) \(test\/cases\/tables\/transform\.ts:\d+:\d+\) inside a function of transform, .*join the RDD/,
  ),
  failing(
    "and so does one in a task",
    countingInTask,
    [[[1]]],
    "ILLEGAL_STATE",
    /map \(test\/cases\/tables\/transform\.ts:\d+:\d+\): count\(\) \(test\/cases\/.*\) in a task: actions run on the driver/,
  ),
  failing(
    "a function of transform that throws ends the job, which names it",
    throwing,
    [[[1]]],
    "USER_FUNCTION_FAILED",
    /the function of transform \(.*\) threw TypeError at test\/cases\/tables\/transform\.ts:\d+:\d+, in batch 1000/,
  ),
  failing(
    "an RDD of an earlier batch is refused",
    kept,
    [[[1], [2]]],
    "ILLEGAL_STATE",
    /an RDD of batch 1000 was used in batch 2000/,
  ),
  failing(
    "transformWith of a stream that has no RDD ends the job",
    joinedRDDs,
    [[[["a", 1]]], [null]],
    "ILLEGAL_STATE",
    /transformWith \(.*\): an input stream gave no RDD for this batch/,
  ),
];
