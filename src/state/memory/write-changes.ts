import { hashKey } from "../../keys/hash-key.ts";
import type { Change } from "../entry.ts";
import type { BucketSection, StateFile, StateFiles } from "../files/state-file.ts";
import { encodeSection } from "../files/state-section.ts";
import type { StateSlice } from "../manifest.ts";
import type { StoredValue } from "../stored-value.ts";
import { loadFile } from "./load-file.ts";
import type { MemoryEntry, MemoryState } from "./memory-state.ts";
import { mergeFrom } from "./merge-from.ts";
import { RecentChanges } from "./recent-changes.ts";

/** Files that are merged at once, at least. Merging costs a worker that ran the partition earlier all that it had in memory. */
const fanIn = 16;

/** Writes the changes of a batch to the state in a slice: alone, together with the last deltas, or with everything. */
export async function writeChanges(
  state: MemoryState,
  changes: readonly Change[],
  slice: StateSlice,
  time: number,
  files: StateFiles,
): Promise<StateFile> {
  const { operator, buckets, from, until } = slice;
  const file = { operator, time, buckets, from, until };
  if (!files.isDurable) return files.write({ ...file, kind: "snapshot" }, []);
  const merged = mergedFiles(slice);
  const sections = new Sections(slice);
  if (merged === undefined) {
    addAll(sections, state, changes);
    return files.write({ ...file, kind: "snapshot" }, sections.encoded());
  }
  if (merged.length === 0) {
    for (const { key, entry, stored, bucket } of changes) sections.add(key, entry as MemoryEntry, stored, bucket);
    return files.write({ ...file, kind: "delta" }, sections.encoded());
  }
  const recent = new RecentChanges();
  for (const delta of merged) await loadFile(recent, delta, slice, files);
  recent.add(changes);
  for (const { key, bucket } of recent.removed.entries()) sections.add(key, undefined, undefined, bucket);
  for (const entry of recent.state.entries()) sections.add(entry.key, entry, entry.stored);
  const written = await files.write({ ...file, kind: "delta" }, sections.encoded());
  return { ...written, merges: merged.map(({ id }) => id) };
}

/** The deltas that are written again with the batch's changes: none, or, when it is undefined, everything is. */
function mergedFiles({ parts, from, until }: StateSlice): readonly StateFile[] | undefined {
  const [first, ...others] = parts;
  if (first === undefined || parts.some(({ chain }) => chain.length === 0)) return undefined;
  if (others.length > 0) return parts.some(({ chain }) => chain.length > fanIn) ? undefined : [];
  const { chain } = first;
  const sizes = chain.map((file) => (file.length * (until - from)) / (file.until - file.from));
  const position = mergeFrom(sizes, fanIn);
  if (position === undefined) return [];
  return position === 0 ? undefined : chain.slice(position);
}

function addAll(sections: Sections, state: MemoryState, changes: readonly Change[]): void {
  const changed = new Map(changes.map((change) => [change.entry, change]));
  for (const entry of state.entries()) {
    const change = changed.get(entry);
    if (change === undefined) sections.add(entry.key, entry, entry.stored);
    else if (change.stored !== undefined) sections.add(entry.key, entry, change.stored);
  }
  for (const { key, entry, stored, bucket } of changes) {
    if (entry === undefined) sections.add(key, undefined, stored, bucket);
  }
}

interface Columns {
  readonly ranks: number[];
  readonly keys: unknown[];
  readonly values: StoredValue[];
  readonly removed: unknown[];
}

/** Entries sorted into the buckets of a slice. */
class Sections {
  readonly #slice: StateSlice;
  readonly #columns = new Map<number, Columns>();
  #count = 0;

  constructor(slice: StateSlice) {
    this.#slice = slice;
  }

  add(key: unknown, entry: MemoryEntry | undefined, stored: StoredValue, chosen?: number): void {
    const bucket = this.#bucketOf(key, entry, chosen);
    let columns = this.#columns.get(bucket);
    if (columns === undefined) {
      columns = { ranks: [], keys: [], values: [], removed: [] };
      this.#columns.set(bucket, columns);
    }
    const { ranks, keys, values, removed } = columns;
    if (stored === undefined) {
      removed.push(key);
    } else {
      ranks.push(this.#count++);
      keys.push(key);
      values.push(stored);
    }
  }

  /** One after the other, so that only one of them is in memory as bytes. */
  *encoded(): Generator<BucketSection> {
    for (const [bucket, columns] of [...this.#columns].sort(([a], [b]) => a - b)) {
      this.#columns.delete(bucket);
      yield { bucket, entries: columns.keys.length + columns.removed.length, bytes: encodeSection(columns) };
    }
  }

  #bucketOf(key: unknown, entry: MemoryEntry | undefined, chosen: number | undefined): number {
    const { buckets, from, until } = this.#slice;
    const bucket = chosen ?? entry?.bucket ?? (until - from === 1 ? from : hashKey(key) % buckets);
    if (entry !== undefined) entry.bucket = bucket;
    if (bucket < from || bucket >= until)
      throw new Error(`a key of bucket ${bucket} is in a task of ${from} to ${until}`);
    return bucket;
  }
}
