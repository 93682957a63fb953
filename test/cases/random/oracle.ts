import {
  isTimeKind,
  isWindow,
  type Key,
  type KeyKind,
  type PairKind,
  type Row,
  type RowKind,
  type Rows,
  type Step,
  type TimeKind,
} from "./step.ts";

// What a random job has to give, worked out on arrays: every batch by itself, and what looks back from all batches so far. It
// shares nothing with the engine.

/** A stream's batches: rows, null where it has no RDD, undefined where none is due. */
export type Batch = Rows | null | undefined;
export interface Known {
  readonly batches: readonly Batch[];
  /** In batches. */
  readonly slide: number;
}

export const placeOf = (key: Key, numPartitions: number): number => JSON.stringify(key).length % numPartitions;
export const modulus = 1_009;

/** The same for values that are equal, whatever the order of their properties. */
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_name, part) =>
    part === null || typeof part !== "object" || Array.isArray(part)
      ? part
      : Object.fromEntries(Object.entries(part).sort()),
  );

interface Group {
  readonly key: Key;
  readonly values: number[];
}

function groupsOf(rows: Rows): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const [key, value] of rows) {
    const text = textOf(key);
    const group = groups.get(text) ?? { key, values: [] };
    groups.set(text, group);
    group.values.push(value);
  }
  return groups;
}

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const perKey = (rows: Rows, f: (values: readonly number[], key: Key) => readonly number[]): Row[] =>
  [...groupsOf(rows).values()].flatMap(({ key, values }) => f(values, key).map((v): Row => [key, v]));
const unique = <T>(values: readonly T[]): T[] => [...new Map(values.map((v) => [textOf(v), v])).values()];

const byRow: { readonly [K in RowKind]: (step: Step, row: Row) => readonly Row[] } = {
  rekey: ({ n }, [, v]) => [[`k${v % n}`, v]],
  asObject: ({ n }, [, v]) => [[{ id: Math.abs(v % n), tag: "t" }, v]],
  scale: ({ n }, [k, v]) => [[k, (v * n) % modulus]],
  keep: ({ n }, [k, v]) => (v % n === 0 ? [] : [[k, v]]),
  repeat: (_step, [k, v]) => (v % 2 === 0 ? [[k, v], [k, v + 1]] : []), // biome-ignore format: pairs
  repeatRows: (_step, [k, v]) => (v % 3 === 0 ? [[k, v], ["new", v]] : [["new", v]]), // biome-ignore format: pairs
  perPartition: (_step, [k, v]) => [[k, v + 1]],
};

const byKey: { readonly [K in KeyKind]: (step: Step, rows: Rows, batch: number) => Rows } = {
  sum: (_step, rows) => perKey(rows, (values) => [total(values)]),
  sumPlaced: (_step, rows) => perKey(rows, (values) => [total(values)]),
  groups: (_step, rows) => perKey(rows, (values) => [values.length * 1_000 + total(values)]),
  average: (_step, rows) => perKey(rows, (values) => [Math.floor(total(values) / values.length)]),
  frequency: (_step, rows) => perKey(rows, (values) => unique(values).map((v) => values.filter((w) => w === v).length)),
  largest: (_step, rows) => (rows.length === 0 ? [] : [["largest", Math.max(...rows.map(([, v]) => v))]]),
  number: (_step, rows) => [["number", rows.length]],
  place: (_step, rows) => rows,
  deal: (_step, rows) => rows,
  lists: ({ n }) => [["lists", n]],
  changed: ({ n }, rows, batch) =>
    batch % 2 === 0 ? rows.filter(([, v]) => v % n !== 0) : rows.map(([k, v]) => [k, v + batch]),
  distinct: (_step, rows) => unique(rows),
};

const byTwo: { readonly [K in PairKind]: (left: Rows, right: Rows) => Rows } = {
  union: (left, right) => [...left, ...right],
  join: (left, right) => joined(left, right, (x, y) => product(x, y)),
  joinedRDDs: (left, right) => joined(left, right, (x, y) => product(x, y)),
  left: (left, right) => joined(left, right, (x, y) => product(x, y.length === 0 ? [-2] : y)),
  right: (left, right) => joined(left, right, (x, y) => product(x.length === 0 ? [-1] : x, y)),
  outer: (left, right) => joined(left, right, (x, y) => product(x.length === 0 ? [-1] : x, y.length === 0 ? [-2] : y)),
  cogroup: (left, right) => joined(left, right, (x, y) => [x.length * 1_000 + y.length * 100 + total(x)]),
  without: (left, right) => joined(left, right, (x, y) => (y.length === 0 ? x : [])),
};

const product = (x: readonly number[], y: readonly number[]): number[] => x.flatMap((v) => y.map((w) => v * 3 + w));

function joined(left: Rows, right: Rows, f: (x: readonly number[], y: readonly number[]) => readonly number[]): Row[] {
  const [lefts, rights] = [groupsOf(left), groupsOf(right)];
  return [...new Map([...lefts, ...rights])].flatMap(([text, { key }]) =>
    f(lefts.get(text)?.values ?? [], rights.get(text)?.values ?? []).map((v): Row => [key, v]),
  );
}

/** The rows of the parent's batches that a window has, given those of each window before it, the newest last. */
const byWindow: { readonly [kind: string]: (rows: Rows, before: readonly Rows[]) => Rows } = {
  window: (rows) => rows,
  windowSum: (rows) => perKey(rows, (values) => [total(values)]),
  windowInverse: (rows, before) => staying(rows, before),
  windowFiltered: (rows) => perKey(rows, (values) => [total(values)]),
  windowGroups: (rows) => perKey(rows, (values) => [values.length * 1_000 + total(values)]),
  windowFrequency: (rows) =>
    unique(rows).map(([k, v]) => [k, rows.filter((row) => textOf(row) === textOf([k, v])).length]),
  windowNumber: (rows, before) => ([rows, ...before].some(({ length }) => length > 0) ? [["number", rows.length]] : []),
  windowLargest: (rows) => (rows.length === 0 ? [] : [["largest", Math.max(...rows.map(([, v]) => v))]]),
  windowTotal: (rows, before) =>
    [rows, ...before].some(({ length }) => length > 0) ? [["total", total(rows.map(([, v]) => v))]] : [],
};

/** With an inverse function a key stays when its values have left. */
function staying(rows: Rows, before: readonly Rows[]): Row[] {
  const now = groupsOf(rows);
  return [...groupsOf([...before.flat(), ...rows])].map(([text, { key }]) => [key, total(now.get(text)?.values ?? [])]);
}

type StateKind = Exclude<TimeKind, `window${string}`>;
interface Kept {
  readonly key: Key;
  state: number;
  changedAt: number;
}

/** Changes the state by a batch's groups; returns the rows. Idle keys are those without values in this batch. */
const byState: {
  readonly [K in StateKind]: (
    step: Step,
    states: Map<string, Kept>,
    groups: Map<string, Group>,
    batch: number,
    slide: number,
  ) => Row[];
} = {
  running: (_step, states, groups) => {
    for (const [text, { key, values }] of groups)
      put(states, text, key, ((states.get(text)?.state ?? 0) + total(values)) % modulus, 0);
    return rowsOf(states);
  },
  byPartition: (step, ...given) => byState.running(step, ...given),
  forgetful: ({ n }, states, groups) => {
    for (const [text, { key }] of new Map<string, { key: Key }>([...states, ...groups])) {
      const values = groups.get(text)?.values ?? [];
      const next = (states.get(text)?.state ?? 0) + total(values) + (values.length === 0 ? 1 : 0);
      if (next % n === 0) states.delete(text);
      else put(states, text, key, next % modulus, 0);
    }
    return rowsOf(states);
  },
  mapped: (step, states, groups, batch) => mapped(step, states, groups, batch).rows,
  snapshots: (step, states, groups, batch) => {
    mapped(step, states, groups, batch);
    return rowsOf(states);
  },
  idle: (step, states, groups, batch, slide) => {
    const { rows } = mapped(step, states, groups, batch);
    for (const [text, { key, state, changedAt }] of [...states]) {
      if (groups.has(text) || batch - changedAt < step.n * slide) continue;
      states.delete(text);
      rows.push([key, state + 10_000]);
    }
    return rows;
  },
};

function put(states: Map<string, Kept>, text: string, key: Key, state: number, changedAt: number): void {
  states.set(text, { key: states.get(text)?.key ?? key, state, changedAt });
}
const rowsOf = (states: Map<string, Kept>): Row[] => [...states.values()].map(({ key, state }) => [key, state]);

/** Sums; a sum that `n` divides removes the state. */
function mapped({ n }: Step, states: Map<string, Kept>, groups: Map<string, Group>, batch: number): { rows: Row[] } {
  const rows: Row[] = [];
  for (const [text, { key, values }] of groups) {
    const next = (states.get(text)?.state ?? 0) + total(values);
    rows.push([key, next]);
    if (next % n === 0) states.delete(text);
    else put(states, text, key, next, batch);
  }
  return { rows };
}

function lookBack(step: Step, { batches, slide }: Known): Known {
  if (!isWindow(step.kind)) return withState(step, { batches, slide });
  const every = slide * step.slide;
  const windows: Rows[] = [];
  const given = batches.map((_, i): Batch => {
    const batch = i + 1;
    if (batch % every !== 0) return undefined;
    const rows = batches.slice(Math.max(0, batch - step.window * slide), batch).flatMap((each) => each ?? []);
    windows.push(rows);
    return byWindow[step.kind]?.(rows, windows.slice(0, -1));
  });
  return { batches: given, slide: every };
}

function withState(step: Step, { batches, slide }: Known): Known {
  const states = new Map<string, Kept>();
  const change = byState[step.kind as StateKind];
  // updateStateByKey has no RDD before its stream had one.
  const waits = ["running", "byPartition", "forgetful"].includes(step.kind);
  const begins = batches.findIndex((rows) => rows !== undefined && (rows !== null || !waits));
  const given = batches.map((rows, i): Batch => {
    if (rows === undefined || (rows === null && i < begins)) return rows;
    return change(step, states, groupsOf(rows ?? []), i + 1, slide);
  });
  return { batches: given, slide };
}

/** What a step gives of what earlier steps gave. */
export function applyToBatches(step: Step, made: readonly Known[]): Known {
  const a = made[step.a] as Known;
  const b = made[step.b] as Known;
  const { kind } = step;
  if (isTimeKind(kind)) return lookBack(step, a);
  const batches = a.batches.map((rows, i): Batch => {
    if (rows === undefined || rows === null) return rows;
    if (kind in byRow) return rows.flatMap((row) => byRow[kind as RowKind](step, row));
    if (kind in byKey) return byKey[kind as KeyKind](step, rows, i + 1);
    return byTwo[kind as PairKind](rows, b.batches[i] as Rows);
  });
  return { batches, slide: a.slide };
}
