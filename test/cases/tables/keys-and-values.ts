import { type PairDStream, type State, StateSpec } from "dstream";
import { testJob } from "dstream/testing";
import { type Case, expecting, failing } from "../case.ts";

// One rule for what is equal and what can leave its task, on every cluster. Inputs name what the jobs make, since they leave the
// driver themselves.

const url = import.meta.url;
const half = "😀".slice(0, 1);
const made: Readonly<Record<string, unknown>> = {
  half: [half],
  holes: Object.assign([1], { 2: 2 }),
  zero: { a: [0] },
  negative: { a: [-0] },
};
const value = [-0, { a: -0, b: Object.assign([], { 1: -0 }) }];

const keyed = (names: { map: (f: (name: string) => readonly [unknown, number]) => unknown }) =>
  names.map((name) => [made[name], 1]) as PairDStream<unknown, number>;

export const sums = testJob<[string], readonly [unknown, number]>(url, "sums by any key", (_ssc, names) =>
  keyed(names).reduceByKey((a, b) => a + b),
);
export const groups = testJob<[string], readonly [unknown, number]>(url, "groups by any key", (_ssc, names) =>
  keyed(names)
    .groupByKey()
    .mapValues((ones) => ones.length),
);
export const kept = testJob<[string], readonly [string, unknown]>(url, "values in state", (_ssc, names) =>
  names
    .map((name) => [name, name === "half" ? half : value] as const)
    .groupByKey(3)
    .flatMapValues((values): unknown[] => values)
    .mapWithState(
      StateSpec.function((key, given, state: State<unknown>) => {
        state.update(given);
        return [key, state.get()] as const;
      }),
    ),
);

const site = "\\(.*keys-and-values\\.ts:\\d+:\\d+\\)";

export const keysAndValues: readonly Case[] = [
  expecting(
    "−0 in an object that is a key is 0, combined on the way",
    sums,
    [[["zero", "negative", "negative"]]],
    [[[{ a: [0] }, 3]]],
  ),
  expecting("−0 in an object that is a key is 0, grouped", groups, [[["negative", "zero"]]], [[[{ a: [0] }, 2]]]),
  expecting(
    "values keep −0 and holes through a shuffle and state",
    kept,
    [[["a"], ["a"]]],
    [[["a", value]], [["a", value]]],
  ),
  failing(
    "a key with half of a surrogate pair is refused where it is combined",
    sums,
    [[["zero", "half"]]],
    "KEY_NOT_CANONICAL",
    new RegExp(`reduceByKey ${site}: a text with half of a surrogate pair cannot be a key, or part of one`),
  ),
  failing(
    "a key that is an array with holes is refused where it is sent",
    groups,
    [[["zero", "holes"]]],
    "KEY_NOT_CANONICAL",
    new RegExp(`groupByKey ${site}: an array with holes cannot be a key, or part of one`),
  ),
  failing(
    "a value with half of a surrogate pair is refused where it is sent",
    kept,
    [[["a", "half"]]],
    "VALUE_NOT_ENCODABLE",
    new RegExp(`groupByKey ${site}: the value of the key .*half of a surrogate pair`),
  ),
];
