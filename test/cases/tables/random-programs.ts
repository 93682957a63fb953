import type { DStream, PairDStream } from "dstream";
import { testJob } from "dstream/testing";
import { type Case, expecting } from "../case.ts";
import { type KindByKey, type Numbered, randomProgram, type Step } from "../random-program.ts";

// Random programs of operators by key, all in one job, against an interpreter that knows arrays only. It finds what no one
// thought of: streams that meet from different levels, partitionings that are kept, lost and found again.

const numPrograms = 60;
const seeds = Array.from({ length: numPrograms }, (_, i) => i + 1);
export type Stream = PairDStream<string, number>;

export const onStreams: { readonly [K in KindByKey]: (step: Step, a: Stream, b: Stream) => Stream } = {
  rekey: ({ n }, a) => a.map(([, v]) => [`k${v % n}`, v] as const),
  scale: ({ n }, a) => a.mapValues((v) => (v * n) % 1_009),
  keep: ({ n }, a) => a.filter(([, v]) => v % n !== 0),
  repeat: (_step, a) => a.flatMapValues((v) => (v % 2 === 0 ? [v, v + 1] : [])),
  sum: ({ n }, a) => a.reduceByKey((x, y) => x + y, n),
  sizes: ({ n }, a) => a.groupByKey(n).mapValues((all) => all.length),
  count: (_step, a) => a.countByValue().map(([[key], n]) => [key, n] as const),
  place: ({ n }, a) => a.partitionBy(n),
  deal: ({ n }, a) => a.repartition(n),
  union: (_step, a, b) => a.union(b),
  join: ({ n }, a, b) => a.join(b, n).mapValues(([x, y]) => x * 3 + y),
  outer: ({ n }, a, b) => a.fullOuterJoin(b, n).mapValues(([x = -1, y = -2]) => x * 3 + y),
  cogroup: ({ n }, a, b) => a.cogroup(b, n).mapValues(([x, y]) => x.length * 1_000 + y.length),
};

export type Rows = readonly Numbered[];
const groups = (rows: Rows): Map<string, number[]> => {
  const grouped = new Map<string, number[]>();
  for (const [key, v] of rows) grouped.set(key, [...(grouped.get(key) ?? []), v]);
  return grouped;
};
export const perKey = (
  a: Rows,
  b: Rows,
  f: (x: readonly number[], y: readonly number[]) => readonly number[],
): Rows => {
  const [left, right] = [groups(a), groups(b)];
  const keys = new Set([...left.keys(), ...right.keys()]);
  return [...keys].flatMap((key) => f(left.get(key) ?? [], right.get(key) ?? []).map((v) => [key, v] as const));
};
const combined = (x: readonly number[], y: readonly number[]): number[] => x.flatMap((v) => y.map((w) => v * 3 + w));

export const onArrays: { readonly [K in KindByKey]: (step: Step, a: Rows, b: Rows) => Rows } = {
  rekey: ({ n }, a) => a.map(([, v]) => [`k${v % n}`, v]),
  scale: ({ n }, a) => a.map(([key, v]) => [key, (v * n) % 1_009]),
  keep: ({ n }, a) => a.filter(([, v]) => v % n !== 0),
  repeat: (_step, a) =>
    a.filter(([, v]) => v % 2 === 0).flatMap(([key, v]) => [[key, v] as const, [key, v + 1] as const]),
  sum: (_step, a) => perKey(a, [], (all) => [all.reduce((x, y) => x + y)]),
  sizes: (_step, a) => perKey(a, [], (all) => [all.length]),
  count: (_step, a) =>
    perKey(a, [], (all) => [...new Set(all)].map((value) => all.filter((other) => other === value).length)),
  place: (_step, a) => a,
  deal: (_step, a) => a,
  union: (_step, a, b) => [...a, ...b],
  join: (_step, a, b) => perKey(a, b, combined),
  outer: (_step, a, b) => perKey(a, b, (x, y) => combined(x.length > 0 ? x : [-1], y.length > 0 ? y : [-2])),
  cogroup: (_step, a, b) => perKey(a, b, (x, y) => [x.length * 1_000 + y.length]),
};

/** What the last step of a program gives, from its two inputs. */
export function interpret<S>(steps: readonly Step[], apply: (step: Step, a: S, b: S) => S, first: S, second: S): S {
  const made: S[] = [first, second];
  for (const step of steps) made.push(apply(step, made[step.a] as S, made[step.b] as S));
  return made.at(-1) as S;
}

type Tagged = readonly [number, Numbered];
export const randomPrograms = testJob<[Numbered, Numbered], Tagged>(import.meta.url, "random programs", (ssc, a, b) =>
  ssc.union(
    ...seeds.map((seed) => {
      const last = interpret(randomProgram(seed), (step, x, y) => onStreams[step.kind as KindByKey](step, x, y), a, b);
      return last.map((pair) => [seed, pair] as const) as DStream<Tagged>;
    }),
  ),
);

const batchesOfA: Rows[] = [
  Array.from({ length: 17 }, (_, i) => [`k${(i * 5) % 7}`, i * 13]),
  [],
  [["only", 4]],
  Array.from({ length: 9 }, (_, i) => [`k${i}`, i]),
];
const batchesOfB: Rows[] = [Array.from({ length: 11 }, (_, i) => [`k${i % 9}`, i * 7]), [["k1", 2]], [], [["k8", 8]]];

const expected = batchesOfA.map((a, i) =>
  seeds.flatMap((seed) => {
    const rows = interpret<Rows>(
      randomProgram(seed),
      (step, x, y) => onArrays[step.kind as KindByKey](step, x, y),
      a,
      batchesOfB[i] ?? [],
    );
    return rows.map((pair): Tagged => [seed, pair]);
  }),
);

export const randomProgramCases: readonly Case[] = [
  expecting(
    "random programs give what an interpreter over arrays gives",
    randomPrograms,
    [batchesOfA, batchesOfB],
    expected,
  ),
];
