import type { DStream } from "dstream";
import { testJob } from "dstream/testing";
import { type Case, expecting } from "../case.ts";
import {
  type KindOverTime,
  kindsByKey,
  kindsOverTime,
  type Numbered,
  randomProgram,
  type Step,
} from "../random-program.ts";
import { interpret, onArrays, onStreams, perKey, type Rows, type Stream } from "./random-programs.ts";

// Random programs of windows and state among operators by key, against an interpreter that has all rows of all batches: panes of
// every kind of partitioning, behind every way that rows take.

const numPrograms = 24;
const seeds = Array.from({ length: numPrograms }, (_, i) => i + 1_001);
// Half of the steps look back.
const kinds = [...kindsByKey, ...kindsOverTime, ...kindsOverTime];
const isOverTime = (kind: string): kind is KindOverTime => (kindsOverTime as readonly string[]).includes(kind);

/** Batches in a window of a step. */
const batchesOf = ({ n }: Step): number => 1 + (n % 3);
const windowOf = (step: Step): number => batchesOf(step) * 1_000;
const add = (x: number, y: number): number => x + y;
const inverse = (x: number, y: number): number => x - y;

const streamsOverTime: { readonly [K in KindOverTime]: (step: Step, a: Stream) => Stream } = {
  window: (step, a) => a.window(windowOf(step)),
  windowSum: (step, a) => a.reduceByKeyAndWindow(add, windowOf(step), 1_000, { partitioner: step.n }),
  windowInverse: (step, a) => a.reduceByKeyAndWindow(add, windowOf(step), 1_000, { inverse }),
  windowGroups: (step, a) => a.groupByKeyAndWindow(windowOf(step), 1_000, step.n).mapValues((all) => all.length),
  running: ({ n }, a) => a.updateStateByKey<number>((all, sum = 0) => all.reduce(add, sum) % 1_009, { partitioner: n }),
};

/** All batches of a stream. */
type Batches = readonly Rows[];
const sum = (all: readonly number[]): number[] => [all.reduce(add)];

const arraysOverTime: { readonly [K in KindOverTime]: (rows: Rows, past: Rows) => Rows } = {
  window: (rows) => rows,
  windowSum: (rows) => perKey(rows, [], sum),
  windowInverse: (rows, past) => perKey(rows, past, (now) => sum([0, ...now])),
  windowGroups: (rows) => perKey(rows, [], (all) => [all.length]),
  running: (_rows, past) => perKey(past, [], (all) => [all.reduce(add) % 1_009]),
};

function onBatches(step: Step, a: Batches, b: Batches): Batches {
  const { kind } = step;
  if (!isOverTime(kind)) return a.map((rows, i) => onArrays[kind](step, rows, b[i] ?? []));
  return a.map((_, i) => {
    const past = a.slice(0, i + 1);
    return arraysOverTime[kind](past.slice(-batchesOf(step)).flat(), past.flat());
  });
}

type Tagged = readonly [number, Numbered];
export const randomWindows = testJob<[Numbered, Numbered], Tagged>(import.meta.url, "random windows", (ssc, a, b) =>
  ssc.union(
    ...seeds.map((seed) => {
      const last = interpret<Stream>(
        randomProgram(seed, kinds),
        (step, x, y) =>
          isOverTime(step.kind) ? streamsOverTime[step.kind](step, x) : onStreams[step.kind](step, x, y),
        a,
        b,
      );
      return last.map((pair) => [seed, pair] as const) as DStream<Tagged>;
    }),
  ),
);

const batchesOfA: Batches = [
  Array.from({ length: 9 }, (_, i): Numbered => [`k${(i * 5) % 7}`, i * 13]),
  [],
  [["only", 4]],
  Array.from({ length: 5 }, (_, i): Numbered => [`k${i}`, i]),
  [],
  [],
  [["k1", 6]],
];
const batchesOfB: Batches = [
  Array.from({ length: 6 }, (_, i): Numbered => [`k${i % 4}`, i * 7]),
  [["k1", 2]],
  [],
  [["k8", 8]],
  [],
  [["k8", 9]],
  [],
];
const results = seeds.map((seed) => interpret<Batches>(randomProgram(seed, kinds), onBatches, batchesOfA, batchesOfB));
const expected = batchesOfA.map((_, i) =>
  seeds.flatMap((seed, program) => (results[program]?.[i] ?? []).map((pair): Tagged => [seed, pair])),
);

export const randomWindowCases: readonly Case[] = [
  expecting(
    "random windows and states give what an interpreter of all batches gives",
    randomWindows,
    [batchesOfA, batchesOfB],
    expected,
  ),
];
