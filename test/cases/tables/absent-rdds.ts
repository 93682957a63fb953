import { type DStream, type PairDStream, type State, StateSpec } from "dstream";
import { testJob } from "dstream/testing";
import { type Case, expecting, failing } from "../case.ts";
import { rows } from "../letters.ts";

// What becomes of a batch in which an input stream gives no RDD, and of one without rows.

const url = import.meta.url;
type Count = readonly [string, number];
const add = (a: number, b: number): number => a + b;
const countingState = (_key: string, one: number | undefined, state: State<number>): number => {
  const sum = (state.getOption() ?? 0) + (one ?? 0);
  if (!state.isTimingOut()) state.update(sum);
  return sum;
};

const ofNumbers = <R>(name: string, build: Parameters<typeof testJob<[number], R>>[2]) =>
  testJob<[number], R>(url, name, build);
const ofPairs = <R>(name: string, build: Parameters<typeof testJob<[Count], R>>[2]) =>
  testJob<[Count], R>(url, name, build);

export const narrow = ofNumbers("narrow operators of no RDD", (_ssc, input) =>
  input
    .map((n) => n + 1)
    .filter(() => true)
    .flatMap((n) => [n, n])
    .mapPartitions((all) => ([...all].length === 0 ? [-1] : [1])),
);
export const reduced = ofNumbers("reduce of no RDD", (_ssc, input) => input.reduce(add));
export const byValue = ofNumbers("countByValue of no RDD", (_ssc, input) =>
  input.countByValue().map(([n, times]) => n * 100 + times),
);
export const globbed = ofNumbers("glom of no RDD", (_ssc, input) => input.glom());
export const united = ofNumbers("union with no RDD", (_ssc, input) => input.union(input.map((n) => n)));
export const unitedByContext = testJob<[number, number], number>(
  url,
  "StreamingContext.union with no RDD",
  (ssc, a, b) => ssc.union(a, b),
);
export const transformedTogether = testJob<[number, number], number>(
  url,
  "StreamingContext.transform of no RDD",
  (ssc, a, b) => ssc.transform([a, b], ([x, y]) => x.union(y)),
);
export const windowed = ofNumbers("count of a window of no RDD", (_ssc, input) => input.window(2_000).count());
export const windowsUnited = testJob<[number, number], number>(url, "union of windows of no RDD", (_ssc, a, b) =>
  a.window(1_000).union(b.window(1_000)),
);
export const windowJoined = testJob<[Count, Count], readonly [string, readonly [number, number | undefined]]>(
  url,
  "join with a window of no RDD",
  (_ssc, a, b) => a.leftOuterJoin(b.window(2_000)),
);
export const stateCounted = ofPairs("count of state without RDDs", (_ssc, input) =>
  input.updateStateByKey<number>((ones, sum = 0) => ones.reduce(add, sum)).count(),
);
export const mappedCounted = ofPairs("rows of mapWithState without RDDs", (_ssc, input) =>
  input.mapWithState(StateSpec.function(countingState)).count(),
);
export const idle = ofPairs("timeouts without RDDs", (_ssc, input) =>
  input.mapWithState(StateSpec.function(countingState).timeout(2_000)),
);
export const initialIdle = ofPairs("timeouts of an initial state", (_ssc, input) =>
  input.mapWithState(
    StateSpec.function(countingState)
      .initialState(rows({ a: 10, b: 20 }))
      .timeout(2_000),
  ),
);
export const idleSteps = ofPairs("values that stay away", (_ssc, input) =>
  input.updateStateByKey<number>((ones, sum = 0) => (ones.length > 0 ? ones.reduce(add, sum) : sum - 1)),
);

const steppedFromInitial = (input: PairDStream<string, number>): DStream<Count> =>
  input.updateStateByKey<number>((ones, sum = 0) => (ones.length > 0 ? ones.reduce(add, sum) : sum - 1), {
    initialState: rows({ a: 10, b: 20 }),
  });
export const initialSteps = ofPairs("values that stay away from an initial state", (_ssc, input) =>
  steppedFromInitial(input),
);
export const initialBesideTransform = testJob<[Count, Count], Count>(
  url,
  "an initial state beside transform",
  (_ssc, a, b) => {
    b.transform((rdd) => rdd).foreachRDD(() => {});
    return steppedFromInitial(a);
  },
);

const refused = (
  name: string,
  job: Parameters<typeof failing>[1],
  inputs: Parameters<typeof failing>[2],
  operator: string,
) =>
  failing(
    name,
    job,
    inputs,
    "ILLEGAL_STATE",
    new RegExp(`${operator} \\(.*absent-rdds\\.ts:\\d+:\\d+\\): an input stream gave no RDD for this batch`),
  );

export const absentRDDs: readonly Case[] = [
  expecting(
    "operators of one stream give no RDD for none, and run for an empty one",
    narrow,
    [[[1], null, []]],
    [[-1, 1], [], [-1, -1]],
  ),
  expecting(
    "reduce of an empty batch and of no RDD gives nothing",
    reduced,
    [[[1, 2], null, [], [3]]],
    [[3], [], [], [3]],
  ),
  expecting(
    "countByValue of an empty batch and of no RDD gives nothing",
    byValue,
    [[[1, 1], null, []]],
    [[102], [], []],
  ),
  expecting("glom of no RDD gives no lists, of an empty one empty lists", globbed, [[null, []]], [[], [[], []]]),
  refused("a union fails when a stream has no RDD", united as never, [[[1], null]], "union"),
  refused(
    "StreamingContext.union fails when one of the streams has no RDD",
    unitedByContext as never,
    [
      [[1], [1]],
      [[1], null],
    ],
    "union",
  ),
  refused(
    "StreamingContext.transform fails when one of the streams has no RDD",
    transformedTogether as never,
    [[[1]], [null]],
    "transform",
  ),
  expecting("a window has an RDD, whatever its stream has", windowed, [[null, [1], null, null]], [[0], [1], [1], [0]]),
  expecting(
    "windows may be united where their streams may not",
    windowsUnited,
    [
      [[1], null],
      [null, [2]],
    ],
    [[1], [2]],
  ),
  expecting(
    "a window may be joined where its stream may not",
    windowJoined,
    [
      [rows({ a: 1 }), rows({ a: 2 }), rows({ a: 3 })],
      [rows({ a: 10 }), null, null],
    ],
    [[["a", [1, 10]]], [["a", [2, 10]]], [["a", [3, undefined]]]],
  ),
  expecting(
    "a state has an RDD once it began",
    stateCounted,
    [[rows({ a: 1, b: 1 }), null, [], rows({ c: 1 })]],
    [[2], [2], [2], [3]],
  ),
  failing(
    "a state has no RDD before its stream had one",
    stateCounted,
    [[null, rows({ a: 1 })]],
    "ILLEGAL_STATE",
    /count \(.*absent-rdds\.ts:\d+:\d+\): an input stream gave no RDD/,
  ),
  expecting(
    "an initial state waits for the first RDD of its stream",
    initialSteps,
    [[null, null, rows({ a: 5 }), null]],
    [[], [], rows({ a: 15, b: 19 }), rows({ a: 14, b: 18 })],
  ),
  expecting(
    "an initial state waits in a job with transform, too",
    initialBesideTransform,
    [
      [null, rows({ a: 5 }), null],
      [[], [], []],
    ],
    [[], rows({ a: 15, b: 19 }), rows({ a: 14, b: 18 })],
  ),
  expecting(
    "mapWithState has an RDD in every batch",
    mappedCounted,
    [[null, rows({ a: 1 }), null, []]],
    [[0], [1], [0], [0]],
  ),
  expecting(
    "keys time out in batches without RDD or rows, too",
    idle,
    [[rows({ a: 1, b: 2 }), null, rows({ b: 3 }), [], null]],
    [[1, 2], [], [1, 5], [], [5]],
  ),
  expecting(
    "keys of an initial state are idle from the first batch on",
    initialIdle,
    [[[], rows({ b: 1 }), [], []]],
    [[], [21], [10], [21]],
  ),
  expecting(
    "without values the function of a state is called with none",
    idleSteps,
    [[rows({ a: 5 }), null, [], rows({ a: 1, b: 1 })]],
    [rows({ a: 5 }), rows({ a: 4 }), rows({ a: 3 }), rows({ a: 4, b: 1 })],
  ),
];
