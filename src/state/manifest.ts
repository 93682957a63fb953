import type { StateFile } from "./files/state-file.ts";

// What the state is after a batch: for each operator, the files that make it up, bucket by bucket. Nothing that a manifest
// does not name exists, however many attempts wrote files; tasks are given the manifest of the batch before, never "latest".

/** Buckets that share their files, `from` to `until` without the last: a snapshot or nothing, then deltas in order. */
export interface StatePart {
  readonly from: number;
  readonly until: number;
  readonly chain: readonly StateFile[];
}

/** The state of one operator. Its parts are in order and have every bucket once. */
export interface OperatorState {
  readonly operator: string;
  readonly buckets: number;
  /** Keys that have state, or a window's panes; not known behind a checkpoint of format 1. */
  readonly entries?: number | undefined;
  readonly parts: readonly StatePart[];
}

/** The state of a job after a batch; plain data that can be sent. Operators that never ran are missing. */
export type Manifest = readonly OperatorState[];

/** The state of an operator in a range of its buckets: what a task is given. */
export interface StateSlice extends OperatorState {
  readonly from: number;
  readonly until: number;
  /** Whether the operator runs for the first time, and begins with its initial state. */
  readonly isFirst: boolean;
}

/** An operator that keeps state. */
export interface StatefulOperator {
  readonly operator: string;
  readonly buckets: number;
}

export const emptyManifest: Manifest = [];

/** The state of an operator in the buckets from `from` to `until`, without the last. */
export function sliceOf(
  manifest: Manifest,
  operator: string,
  buckets: number,
  from: number,
  until: number,
): StateSlice {
  const found = manifest.find((state) => state.operator === operator);
  const present = found ?? noState({ operator, buckets });
  if (present.buckets !== buckets) {
    throw new Error(`the state of ${operator} has ${present.buckets} buckets, not ${buckets}`);
  }
  const parts = present.parts
    .filter((part) => part.from < until && part.until > from)
    .map((part) => ({ ...part, from: Math.max(part.from, from), until: Math.min(part.until, until) }));
  return { operator, buckets, from, until, parts, isFirst: found === undefined };
}

/**
 * The manifest after a batch in which `operators` ran and whose accepted attempts wrote `files`. Where a cluster ran a task more than once and reports
 * several, the first counts: they have the same content. Of one attempt there may be several files, in their order.
 */
export function acceptFiles(
  manifest: Manifest,
  files: readonly StateFile[],
  operators: readonly StatefulOperator[] = [],
): Manifest {
  const states = new Map(manifest.map((state) => [state.operator, state]));
  for (const ran of operators) if (!states.has(ran.operator)) states.set(ran.operator, noState(ran));
  const seen = new Set<string>();
  for (const file of files) {
    const written = `${file.kind} ${file.merges?.[0]} ${file.from}-${file.until} ${file.operator}`;
    if (seen.has(written)) continue;
    seen.add(written);
    const state = states.get(file.operator) ?? noState(file);
    states.set(file.operator, { ...state, ...entriesWith(state, file), parts: withFile(state.parts, file) });
  }
  return [...states.values()];
}

/** Every file that a manifest names. */
export function filesOf(manifest: Manifest): Map<string, StateFile> {
  const files = manifest.flatMap(({ parts }) => parts.flatMap(({ chain }) => chain));
  return new Map(files.map((file) => [file.id, file]));
}

/** Bytes of the files that a manifest names. */
export function bytesOf(manifest: Manifest): number {
  let bytes = 0;
  for (const { length } of filesOf(manifest).values()) bytes += length;
  return bytes;
}

function noState({ operator, buckets }: StatefulOperator): OperatorState {
  return { operator, buckets, entries: 0, parts: [{ from: 0, until: buckets, chain: [] }] };
}

/** Of files that an earlier version wrote nobody knows. */
function entriesWith({ entries }: OperatorState, { added }: StateFile): Pick<OperatorState, "entries"> {
  return { entries: entries === undefined || added === undefined ? undefined : entries + added };
}

function withFile(parts: readonly StatePart[], file: StateFile): StatePart[] {
  const { from, until } = file;
  const pieces = parts.flatMap((part) => cut(part, [from, until]));
  const next = pieces.map((part) => {
    if (part.from < from || part.until > until) return part;
    return { ...part, chain: chainWith(part.chain, file) };
  });
  return joined(next);
}

function chainWith(chain: readonly StateFile[], file: StateFile): StateFile[] {
  if (file.kind === "snapshot") return [file];
  return [...chain.filter(({ id }) => !file.merges?.includes(id)), file];
}

function cut(part: StatePart, at: readonly number[]): StatePart[] {
  const inside = at.filter((bucket) => bucket > part.from && bucket < part.until);
  const ends = [...inside, part.until];
  return ends.map((until, i) => ({ ...part, from: i === 0 ? part.from : (ends[i - 1] as number), until }));
}

/** Neighbours with the same files become one part. */
function joined(parts: readonly StatePart[]): StatePart[] {
  const result: StatePart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last !== undefined && sameFiles(last.chain, part.chain))
      result[result.length - 1] = { ...last, until: part.until };
    else result.push(part);
  }
  return result;
}

function sameFiles(a: readonly StateFile[], b: readonly StateFile[]): boolean {
  return a.length === b.length && a.every((file, i) => file.id === b[i]?.id);
}
