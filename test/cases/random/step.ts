/** Keys of random jobs are of several kinds; objects are made with their properties in either order. */
export type Key = string | number | readonly [string, number] | { readonly id: number; readonly tag: string };
export type Row = readonly [Key, number];
export type Rows = readonly Row[];

/** Operators that give a row for a row, or some, or none. */
export const rowKinds = ["rekey", "asObject", "scale", "keep", "repeat", "repeatRows", "perPartition"] as const;
/** Operators by key, or of all rows, of one stream. */
export const keyKinds = [
  "sum",
  "sumPlaced",
  "groups",
  "average",
  "frequency",
  "largest",
  "number",
  "place",
  "deal",
  "lists",
  "changed",
  "distinct",
] as const;
/** Operators of two streams. */
export const pairKinds = ["union", "join", "left", "right", "outer", "cogroup", "joinedRDDs", "without"] as const;
/** Operators that look back. */
export const timeKinds = [
  "window",
  "windowSum",
  "windowInverse",
  "windowFiltered",
  "windowGroups",
  "windowFrequency",
  "windowNumber",
  "windowLargest",
  "windowTotal",
  "running",
  "byPartition",
  "forgetful",
  "mapped",
  "snapshots",
  "idle",
] as const;

export type RowKind = (typeof rowKinds)[number];
export type KeyKind = (typeof keyKinds)[number];
export type PairKind = (typeof pairKinds)[number];
export type TimeKind = (typeof timeKinds)[number];
export type Kind = RowKind | KeyKind | PairKind | TimeKind;

/** One operator of a random job, applied to what earlier steps gave: 0 and 1 are the inputs, 2 the first step, … */
export interface Step {
  readonly kind: Kind;
  readonly a: number;
  /** Of operators of two streams. */
  readonly b: number;
  /** From 2 to 5: whatever number the operator needs. */
  readonly n: number;
  /** Partitions of a shuffle; undefined: as the cluster has it. */
  readonly partitions: number | undefined;
  /** Of windows, in batches of the parent's slide. */
  readonly window: number;
  readonly slide: number;
}

/** Operators that a batch without an RDD is an error for. */
export const needsRDD: readonly Kind[] = [...pairKinds, "number", "deal", "lists", "changed", "distinct"];

export function isTimeKind(kind: Kind): kind is TimeKind {
  return (timeKinds as readonly Kind[]).includes(kind);
}

/** Whether the operator has a window, and so maybe another slide. */
export function isWindow(kind: Kind): boolean {
  return kind.startsWith("window");
}
