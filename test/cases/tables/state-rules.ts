import { type State, StateSpec } from "dstream";
import { testJob } from "dstream/testing";
import { type Case, expecting, failing } from "../case.ts";
import { rows } from "../letters.ts";

// The rules of keyed state in Spark's StateSuite and MapWithStateSuite, and more cases of them.

const url = import.meta.url;
type Count = readonly [string, number];
const add = (a: number, b: number): number => a + b;

/** Rows say what the state was like at each step of the function. */
const steps = (state: State<number>): string => `${state.exists()} ${state.getOption()}`;
export const stepped = testJob<[string], string>(url, "what a function sees of its state", (_ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .mapWithState(
      StateSpec.function((key: string, _one: number | undefined, state: State<number>) => {
        const seen = [steps(state)];
        if (key === "none") state.remove();
        else state.update(0);
        seen.push(steps(state));
        if (key === "gone") state.remove();
        else if (key === "twice") state.update(7);
        return [...seen, steps(state)].join(", ");
      }),
    ),
);

type Misuse = (state: State<number>) => unknown;
const misuse = (name: string, f: Misuse, timeout = false) =>
  testJob<[string], unknown>(url, name, (_ssc, input) => {
    const spec = StateSpec.function((_key: string, value: string | undefined, state: State<number>) => {
      if (value !== undefined) state.update(1);
      return value === undefined || !timeout ? f(state) : undefined;
    });
    return input.map((letter) => [letter, letter] as const).mapWithState(timeout ? spec.timeout(1_000) : spec);
  });
export const updatesRemoved = misuse("update after remove", (state) => {
  state.remove();
  state.update(2);
});
export const removesTwice = misuse("remove after remove", (state) => {
  state.remove();
  state.remove();
});
export const getsRemoved = misuse("get after remove", (state) => {
  state.remove();
  return state.get();
});
export const removesTimingOut = misuse("remove while timing out", (state) => state.remove(), true);
export const readsTimingOut = misuse(
  "a state that times out may be read",
  (state) => [state.isTimingOut(), state.get()],
  true,
);

export const timesOfBatches = testJob<[string], readonly [string, number]>(
  url,
  "batch times in mapWithState",
  (_ssc, input) =>
    input
      .map((letter) => [letter, 1] as const)
      .mapWithState(
        StateSpec.function((key: string, one: number | undefined, state: State<number>, time: number) => {
          if (one === undefined) return [key, -time] as const;
          state.update(time);
          return [key, time] as const;
        }).timeout(1_000),
      ),
);
export const backAgain = testJob<[string], readonly [string, number]>(url, "a key that comes again", (_ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .updateStateByKey<number>((ones, sum = 0) => (ones.length === 0 ? undefined : sum + ones.length)),
);
export const nothing = testJob<[string], readonly [string, number | null]>(url, "null as state", (_ssc, input) =>
  input
    .map((letter) => [letter, 1] as const)
    .updateStateByKey<number | null>((ones, state) =>
      state === undefined ? null : state === null ? ones.length : undefined,
    ),
);
export const removesInitial = testJob<[Count], Count>(url, "initial states that go", (_ssc, input) =>
  input.updateStateByKey<number>((values, sum = 0) => (values.includes(0) ? undefined : values.reduce(add, sum)), {
    initialState: [...rows({ a: 1, b: 2 }), ...rows({ b: 5 })],
    partitioner: 3,
  }),
);
export const inOrder = testJob<[Count], readonly [string, number[]]>(
  url,
  "values of a state in order",
  (_ssc, input) => input.updateStateByKey<number[]>((values, all = []) => [...all, ...values]) as never,
);
export const behindState = testJob<[Count], readonly [string, readonly [number, number]]>(
  url,
  "a state joined with what it is made of",
  (_ssc, input) =>
    input.updateStateByKey<number>((values, sum = 0) => values.reduce(add, sum)).join(input.reduceByKey(add)),
);
export const stateOfState = testJob<[Count], Count>(url, "a state of a state", (_ssc, input) =>
  input
    .updateStateByKey<number>((values, sum = 0) => values.reduce(add, sum))
    .updateStateByKey<number>((values, sum = 0) => values.reduce(add, sum)),
);
export const manyUpdates = testJob<[Count], Count>(url, "state behind state behind state", (_ssc, input) => {
  let stream = input;
  for (let i = 0; i < 12; i++) stream = stream.updateStateByKey<number>((values) => values.reduce(add, 1));
  return stream;
});

const where = /mapWithState \(\S*state-rules\.ts:\d+:\d+\) threw Error at \S*state-rules\.ts:\d+:\d+/;
const refused = (job: ReturnType<typeof misuse>): Case =>
  failing(`${job.name} is an error at the line of the program`, job, [[["a"], [], []]], "USER_FUNCTION_FAILED", where);

export const stateRules: readonly Case[] = [
  expecting(
    "a state may be set twice, removed when it was set, and removed when there is none",
    stepped,
    [
      [
        ["kept", "gone", "twice", "none"],
        ["kept", "gone", "twice", "none"],
      ],
    ],
    [
      [
        "false undefined, true 0, true 0",
        "false undefined, true 0, false undefined",
        "false undefined, true 0, true 7",
        "false undefined, false undefined, false undefined",
      ],
      [
        "true 0, true 0, true 0",
        "false undefined, true 0, false undefined",
        "true 7, true 0, true 7",
        "false undefined, false undefined, false undefined",
      ],
    ],
  ),
  refused(updatesRemoved),
  refused(removesTwice),
  refused(getsRemoved),
  refused(removesTimingOut),
  expecting("a state that times out may be read", readsTimingOut, [[["a"], [], []]], [[], [[true, 1]], []]),
  expecting(
    "mapWithState is given the batch time, and comes again for a key that timed out",
    timesOfBatches,
    [[["a"], [], [], ["a"], ["a"], []]],
    [rows({ a: 1_000 }), rows({ a: -2_000 }), [], rows({ a: 4_000 }), rows({ a: 5_000 }), rows({ a: -6_000 })],
  ),
  expecting(
    "a key whose state was removed begins anew",
    backAgain,
    [[["a", "a"], ["a"], [], ["a"]]],
    [rows({ a: 2 }), rows({ a: 3 }), [], rows({ a: 1 })],
  ),
  expecting(
    "null is a state like any other, undefined is none",
    nothing,
    [[["a"], ["a"], [], []]],
    [[["a", null]], [["a", 1]], [], []],
  ),
  expecting(
    "an initial state may be removed; of two for a key the first counts",
    removesInitial,
    [[rows({ a: 0 }), rows({ b: 1, a: 4 }), rows({ b: 0 })]],
    [rows({ b: 2 }), rows({ b: 3, a: 4 }), rows({ a: 4 })],
  ),
  expecting(
    "values come to a state in the order of partitions, batches one after the other",
    inOrder,
    [
      [
        [
          ["a", 3],
          ["a", 1],
          ["a", 2],
        ],
        [
          ["a", 9],
          ["a", 8],
        ],
      ],
    ],
    [[["a", [3, 1, 2]]], [["a", [3, 1, 2, 9, 8]]]],
  ),
  expecting(
    "a state may be joined with the batch's own values",
    behindState,
    [[rows({ a: 1 }), rows({ a: 2, b: 5 }), []]],
    [
      [["a", [1, 1]]],
      [
        ["a", [3, 2]],
        ["b", [5, 5]],
      ],
      [],
    ],
  ),
  expecting(
    "a state of a state adds up what the first one gives in each batch",
    stateOfState,
    [[rows({ a: 1 }), rows({ a: 2 }), [], []]],
    [rows({ a: 1 }), rows({ a: 4 }), rows({ a: 7 }), rows({ a: 10 })],
  ),
  expecting(
    "a long chain of states gives each its own",
    manyUpdates,
    [[rows({ a: 1 }), [], rows({ a: 3 })]],
    [rows({ a: 13 }), rows({ a: 12 }), rows({ a: 15 })],
  ),
];
