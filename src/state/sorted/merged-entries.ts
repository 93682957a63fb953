import { sameKey } from "../../keys/same-key.ts";
import type { SortedSection } from "./sorted-section.ts";
import type { StoredEntry } from "./stored-entry.ts";

/** Entries that are given at once. */
const chunkEntries = 4096;

/**
 * What the sections of a bucket add up to, the oldest given first: each key once, with what was written last, in the order of
 * hashes; of keys with the same hash in the order in which they came. Removals are left out where nothing older is below.
 */
export async function* mergedEntries(
  sections: readonly SortedSection[],
  { keepRemovals }: { readonly keepRemovals: boolean },
): AsyncGenerator<StoredEntry[]> {
  const cursors = sections.map((section) => new Cursor(section));
  let chunk: StoredEntry[] = [];
  for (;;) {
    let lowest = Number.POSITIVE_INFINITY;
    for (const cursor of cursors) {
      if (cursor.isEmpty) await cursor.load();
      if (cursor.hash < lowest) lowest = cursor.hash;
    }
    if (lowest === Number.POSITIVE_INFINITY) break;
    const first = chunk.length;
    for (const cursor of cursors) {
      while (cursor.hash === lowest) {
        add(chunk, first, cursor.take());
        if (cursor.isEmpty) await cursor.load();
      }
    }
    if (!keepRemovals) dropRemovals(chunk, first);
    if (chunk.length < chunkEntries) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** Adds an entry to those of the same hash, which begin at `first`, in the place of an older one of the same key. */
function add(chunk: StoredEntry[], first: number, entry: StoredEntry): void {
  for (let i = first; i < chunk.length; i++) {
    if (!sameKey((chunk[i] as StoredEntry).key, entry.key)) continue;
    chunk[i] = entry;
    return;
  }
  chunk.push(entry);
}

function dropRemovals(chunk: StoredEntry[], first: number): void {
  let kept = first;
  for (let i = first; i < chunk.length; i++) {
    const entry = chunk[i] as StoredEntry;
    if (!entry.isRemoval) chunk[kept++] = entry;
  }
  chunk.length = kept;
}

/** Walks through a section. */
class Cursor {
  readonly #section: SortedSection;
  #entries: readonly StoredEntry[] = [];
  #at = 0;
  #nextGroup = 0;

  constructor(section: SortedSection) {
    this.#section = section;
  }

  /** Whether it must be loaded before it is asked for anything. */
  get isEmpty(): boolean {
    return this.#at === this.#entries.length && this.#nextGroup < this.#section.directory.crcs.length;
  }

  /** Of the entry at hand; infinite at the end. */
  get hash(): number {
    return this.#entries[this.#at]?.hash ?? Number.POSITIVE_INFINITY;
  }

  take(): StoredEntry {
    return this.#entries[this.#at++] as StoredEntry;
  }

  async load(): Promise<void> {
    const groups = await this.#section.readAhead(this.#nextGroup);
    this.#entries = this.#section.entries(groups);
    this.#at = 0;
    this.#nextGroup = groups.until;
  }
}
