import { hashKey } from "../keys/hash-key.ts";
import type { StateSlice } from "./manifest.ts";
import type { Change, Entry, MemoryState } from "./memory-state.ts";
import type { BucketSection, StateFile, StateFileKind, StateFiles } from "./state-file.ts";
import { encodeSection } from "./state-section.ts";
import type { StoredValue } from "./stored-value.ts";

/** Deltas in a row that a reader may have to apply. */
const maxDeltas = 20;

/** Writes the changes of a batch to the state in a slice: as a delta, or now and then everything as a snapshot. */
export async function writeChanges(
  state: MemoryState,
  changes: readonly Change[],
  slice: StateSlice,
  time: number,
  files: StateFiles,
): Promise<StateFile> {
  const { operator, buckets, from, until } = slice;
  const kind = files.isDurable ? kindOf(slice) : "snapshot";
  const file = { kind, operator, time, buckets, from, until };
  if (!files.isDurable) return files.write(file, []);
  const sections = new Sections(slice);
  if (kind === "delta") {
    for (const { key, entry, stored, bucket } of changes) sections.add(key, entry, stored, bucket);
  } else {
    const changed = new Map(changes.map((change) => [change.entry, change]));
    for (const entry of state.entries()) {
      const change = changed.get(entry);
      if (change === undefined) sections.add(entry.key, entry, entry.stored);
      else if (change.stored !== undefined) sections.add(entry.key, entry, change.stored);
    }
    for (const { key, entry, stored, bucket } of changes) {
      if (entry === undefined) sections.add(key, entry, stored, bucket);
    }
  }
  return files.write(file, sections.encoded());
}

/** A snapshot when there is nothing to build on, and when reading the deltas costs more than they save. */
function kindOf({ parts }: StateSlice): StateFileKind {
  const files = [...new Map(parts.flatMap(({ chain }) => chain).map((file) => [file.id, file])).values()];
  const bytesOf = (kind: StateFileKind): number =>
    files.filter((file) => file.kind === kind).reduce((sum, { length }) => sum + length, 0);
  const isFirst = parts.some(({ chain }) => chain.length === 0);
  const isLong = parts.some(({ chain }) => chain.length > maxDeltas);
  return isFirst || isLong || bytesOf("delta") > bytesOf("snapshot") ? "snapshot" : "delta";
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

  add(key: unknown, entry: Entry | undefined, stored: StoredValue, chosen?: number): void {
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

  #bucketOf(key: unknown, entry: Entry | undefined, chosen: number | undefined): number {
    const { buckets, from, until } = this.#slice;
    const bucket = chosen ?? entry?.bucket ?? (until - from === 1 ? from : hashKey(key) % buckets);
    if (entry !== undefined) entry.bucket = bucket;
    if (bucket < from || bucket >= until)
      throw new Error(`a key of bucket ${bucket} is in a task of ${from} to ${until}`);
    return bucket;
  }
}
