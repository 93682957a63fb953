import { type State, StateSpec } from "dstream";
import { testJob } from "dstream/testing";
import { type Case, expecting, failing } from "../case.ts";
import { rows, totals, walk } from "../letters.ts";

// mapWithState as Spark's MapWithStateSuite has it, and more cases of the same rules. A batch is 1 s.

const url = import.meta.url;
type Count = readonly [string, number];

const counting = (_key: string, value: number | undefined, state: State<number>): number => {
  const sum = (state.getOption() ?? 0) + (value ?? 0);
  state.update(sum);
  return sum;
};

export const sums = testJob<[string], number>(url, "mapWithState", (_ssc, input) =>
  input.map((letter) => [letter, 1] as const).mapWithState(StateSpec.function(counting)),
);
export const sumsSeen = testJob<[string], Count>(url, "mapWithState, all states", (_ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .mapWithState(StateSpec.function(counting))
    .stateSnapshots(),
);
export const doubledKeys = testJob<[string], string>(url, "mapWithState with keys", (_ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .mapWithState(
      StateSpec.function((key: string, value: number | undefined, state: State<number>) => {
        counting(key, value, state);
        return key + key;
      }),
    ),
);
export const statesAsData = testJob<[string], Count>(url, "mapWithState, states as rows", (_ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .mapWithState(
      StateSpec.function((key: string, value: number | undefined, state: State<number>) => {
        return [key, counting(key, value, state)] as const;
      }),
    ),
);
const initial = (): Count[] => rows({ a: 5, b: 10, c: -20, d: 0 });
const silently = StateSpec.function((key: string, value: number | undefined, state: State<number>): undefined => {
  counting(key, value, state);
});
export const initialSilent = testJob<[string], undefined>(url, "mapWithState that returns nothing", (_ssc, input) =>
  input.map((letter) => [letter, 1] as const).mapWithState(silently.initialState(initial())),
);
export const initialSeen = testJob<[string], Count>(url, "mapWithState with initial state", (_ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .mapWithState(silently.initialState(initial()))
    .stateSnapshots(),
);
export const initialRDD = testJob<[string], Count>(url, "mapWithState with an RDD as initial state", (ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .mapWithState(
      StateSpec.function(counting)
        .initialState(ssc.parallelize(initial(), 3))
        .partitioner({ numPartitions: 2, getPartition: (key: string) => (key < "c" ? 0 : 1) }),
    )
    .stateSnapshots(),
);

/** Rows say what the function saw; the state is the number of values since the key came. */
const watching = (key: string, value: string | undefined, state: State<number>, time: number): string => {
  const before = state.getOption() ?? 0;
  if (state.isTimingOut()) return `${key} out ${before} ${value ?? "no value"} at ${time}`;
  if (value === "remove") state.remove();
  else if (value !== "look") state.update(before + 1);
  return `${key} ${value} ${before} ${state.exists()}`;
};
export const watched = testJob<[readonly [string, string]], string>(url, "mapWithState with timeout", (_ssc, input) =>
  input.mapWithState(StateSpec.function(watching).timeout(2_000).numPartitions(2)),
);
export const watchedStates = testJob<[readonly [string, string]], Count>(
  url,
  "mapWithState with timeout, all states",
  (_ssc, input) => input.mapWithState(StateSpec.function(watching).timeout(2_000)).stateSnapshots(),
);
export const objects = testJob<[readonly [{ id: number }, string]], readonly [{ id: number }, { seen: string[] }]>(
  url,
  "mapWithState with objects",
  (_ssc, input) =>
    input
      .mapWithState(
        StateSpec.function(
          (_key: { id: number }, value: string | undefined, state: State<{ seen: string[] }>): void => {
            const { seen } = state.getOption() ?? { seen: [] };
            state.update({ seen: [...seen, value ?? "-"] });
          },
        ),
      )
      .stateSnapshots(),
);
export const bothStreams = testJob<[string], string>(url, "mapWithState, rows and states", (_ssc, input) => {
  const mapped = input.map((letter) => [letter, 1] as const).mapWithState(StateSpec.function(counting));
  return mapped.map((sum) => `sum ${sum}`).union(mapped.stateSnapshots().map(([key, sum]) => `${key} ${sum}`));
});

export const twiceInitial = testJob<[string], Count>(url, "two initial states of a key", (_ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .mapWithState(silently.initialState([...rows({ a: 1, b: 2 }), ...rows({ b: 5 })]))
    .stateSnapshots(),
);

type Misuse = (state: State<number>) => unknown;
const misuse = (name: string, f: Misuse, timeout = false) =>
  testJob<[string], unknown>(url, name, (_ssc, input) => {
    const spec = StateSpec.function((_key: string, value: string | undefined, state: State<number>) => {
      if (value === undefined || !timeout) return f(state);
      state.update(1);
      return undefined;
    });
    return input.map((letter) => [letter, letter] as const).mapWithState(timeout ? spec.timeout(1_000) : spec);
  });
export const getsAbsent = misuse("get of a state that is not there", (state) => state.get());
export const updatesTimingOut = misuse("update while timing out", (state) => state.update(2), true);

const late = [[], ...walk];
const states = [[], ...totals];
const initialStates = [
  rows({ a: 5, b: 10, c: -20, d: 0 }),
  rows({ a: 6, b: 10, c: -20, d: 0 }),
  rows({ a: 7, b: 11, c: -20, d: 0 }),
  rows({ a: 8, b: 12, c: -19, d: 0 }),
  rows({ a: 9, b: 13, c: -19, d: 0 }),
  rows({ a: 10, b: 13, c: -19, d: 0 }),
  rows({ a: 10, b: 13, c: -19, d: 0 }),
];
const misused = (job: ReturnType<typeof misuse>, message: RegExp): Case =>
  failing(`${job.name} is the user's error, with its line`, job, [[["a"], [], []]], "USER_FUNCTION_FAILED", message);
// On an executor the paths of files are whole.
const where = /mapWithState \(\S*map-with-state\.ts:\d+:\d+\) threw Error at \S*map-with-state\.ts:\d+:\d+/;

export const mapWithState: readonly Case[] = [
  expecting("mapWithState has a row for each value", sums, [late], [[], [1], [2, 1], [3, 2, 1], [4, 3], [5], []]),
  expecting("stateSnapshots has all keys in every batch", sumsSeen, [late], states),
  expecting(
    "the function is given the key",
    doubledKeys,
    [late],
    [[], ["aa"], ["aa", "bb"], ["aa", "bb", "cc"], ["aa", "bb"], ["aa"], []],
  ),
  expecting(
    "pairs as rows",
    statesAsData,
    [late],
    [[], rows({ a: 1 }), rows({ a: 2, b: 1 }), rows({ a: 3, b: 2, c: 1 }), rows({ a: 4, b: 3 }), rows({ a: 5 }), []],
  ),
  expecting("a function that returns nothing gives no rows", initialSilent, [late], [[], [], [], [], [], [], []]),
  expecting("an initial state counts from the first batch on", initialSeen, [late], initialStates),
  expecting(
    "of two initial states of a key the last counts",
    twiceInitial,
    [[[], ["b"]]],
    [rows({ a: 1, b: 5 }), rows({ a: 1, b: 6 })],
  ),
  expecting("an initial state that is an RDD, with a partitioner of one's own", initialRDD, [late], initialStates),
  expecting(
    "rows and states of one operator",
    bothStreams,
    [[["a", "a"], null, ["b"]]],
    [["sum 1", "sum 2", "a 2"], ["a 2"], ["sum 1", "a 2", "b 1"]],
  ),
  expecting(
    "a key that is idle for the timeout has a last call and is removed; one that is only looked at stays",
    watched,
    [
      [
        [
          ["a", "x"],
          ["b", "x"],
        ],
        [["a", "look"]],
        [["c", "look"]],
        [],
        [
          ["b", "x"],
          ["a", "x"],
        ],
        [["a", "remove"]],
        [],
        [],
      ],
    ],
    [
      ["a x 0 true", "b x 0 true"],
      ["a look 1 true"],
      ["c look 0 false", "b out 1 no value at 3000"],
      ["a out 1 no value at 4000"],
      ["b x 0 true", "a x 0 true"],
      ["a remove 1 false"],
      ["b out 1 no value at 7000"],
      [],
    ],
  ),
  expecting(
    "values come one by one; a state that was removed may come again with the next",
    watched,
    [
      [
        [
          ["a", "x"],
          ["a", "remove"],
          ["a", "y"],
        ],
        [
          ["a", "remove"],
          ["a", "look"],
        ],
        [],
        [],
      ],
    ],
    [["a x 0 true", "a remove 1 false", "a y 0 true"], ["a remove 1 false", "a look 0 false"], [], []],
    { numInputPartitions: 1 },
  ),
  expecting(
    "states are without those that timed out or were removed",
    watchedStates,
    [
      [
        [
          ["a", "x"],
          ["b", "x"],
        ],
        [["a", "x"]],
        [
          ["c", "x"],
          ["c", "remove"],
        ],
        [["a", "x"]],
        [],
      ],
    ],
    [
      [
        ["a", 1],
        ["b", 1],
      ],
      [
        ["a", 2],
        ["b", 1],
      ],
      [["a", 2]],
      [["a", 3]],
      [["a", 3]],
    ],
    { numInputPartitions: 1 },
  ),
  expecting(
    "objects as keys and states",
    objects,
    [
      [
        [[{ id: 1 }, "x"]],
        [
          [{ id: 1 }, "y"],
          [{ id: 2 }, "z"],
        ],
      ],
    ],
    [
      [[{ id: 1 }, { seen: ["x"] }]],
      [
        [{ id: 1 }, { seen: ["x", "y"] }],
        [{ id: 2 }, { seen: ["z"] }],
      ],
    ],
  ),
  misused(getsAbsent, where),
  misused(updatesTimingOut, where),
];
