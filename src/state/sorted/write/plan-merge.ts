import type { StateFile } from "../../files/state-file.ts";
import type { StatePart } from "../../manifest.ts";
import { mergeFrom } from "../../memory/merge-from.ts";
import type { SortedSlice } from "../sorted-slice.ts";

/** Files that are merged at once, at least. */
const fanIn = 8;
/** A slice of more bytes than this is merged in pieces, an eighth of its buckets in a batch. */
const piece = { bytes: 32 << 20, ofSlice: 8 };

/** What is to be known of a slice. */
export type MergedSlice = Pick<SortedSlice, "slice" | "bucketsIn" | "bytesIn">;

/** What is to be merged into one file. */
export interface Merge {
  readonly from: number;
  readonly until: number;
  /** Files whose place the new one takes. Undefined: everything in these buckets. */
  readonly files: readonly StateFile[] | undefined;
}

/**
 * The merge that a slice needs most, so that a batch does at most one; undefined when there is none. It depends on nothing but the
 * slice, so that attempts that run again write the same.
 */
export function planMerge(slice: MergedSlice): Merge | undefined {
  let most: { readonly merge: Merge; readonly length: number } | undefined;
  for (const range of piecesOf(slice)) {
    const needed = mergeIn(slice, range);
    if (needed !== undefined && needed.length > (most?.length ?? 0)) most = needed;
  }
  return most?.merge;
}

interface Range {
  readonly from: number;
  readonly until: number;
}

function piecesOf(sorted: MergedSlice): Range[] {
  const { from, until, parts } = sorted.slice;
  const bytes = parts.reduce((sum, part) => sum + sizesOf(sorted, part, part).reduce((a, b) => a + b, 0), 0);
  const buckets = parts.flatMap((part) => sorted.bucketsIn(part.chain, part.from, part.until));
  if (bytes <= piece.bytes || buckets.length < piece.ofSlice) return [{ from, until }];
  const starts = Array.from(
    { length: piece.ofSlice },
    (_, i) => buckets[Math.ceil((i * buckets.length) / piece.ofSlice)],
  );
  const cuts = [from, ...(starts.slice(1) as number[]), until];
  return cuts.slice(1).map((end, i) => ({ from: cuts[i] as number, until: end }));
}

function mergeIn(sorted: MergedSlice, { from, until }: Range): { merge: Merge; length: number } | undefined {
  const parts = sorted.slice.parts.filter((part) => part.from < until && part.until > from);
  const [only] = parts;
  if (parts.length > 1 || only === undefined) {
    // Behind a change of parallelism there is no common file to begin with but one of everything.
    const length = Math.max(...parts.map(({ chain }) => chain.length));
    return length > fanIn ? { merge: { from, until, files: undefined }, length } : undefined;
  }
  const first = mergeFrom(sizesOf(sorted, only, { from, until }), fanIn);
  if (first === undefined) return undefined;
  const files = only.chain.slice(first);
  return { merge: { from, until, files: first === 0 ? undefined : files }, length: files.length };
}

function sizesOf(sorted: MergedSlice, { chain }: StatePart, { from, until }: Range): number[] {
  return chain.map((file) => sorted.bytesIn(file, from, until));
}
