import { hashKey } from "../../keys/hash-key.ts";
import type { Change, Entry } from "../entry.ts";
import type { DirectoryFiles } from "../files/directory-files.ts";
import type { StateFile } from "../files/state-file.ts";
import type { FoundEntries, OpenState } from "../state-store.ts";
import { KeyFinder, type Wanted } from "./key-finder.ts";
import { mergedEntries } from "./merged-entries.ts";
import type { SortedSlice } from "./sorted-slice.ts";
import { planMerge } from "./write/plan-merge.ts";
import { writeMerge } from "./write/write-merge.ts";
import { writeSortedChanges } from "./write/write-sorted-changes.ts";

/** State that stays in its files: only what a batch asks for is read. */
export class SortedState implements OpenState {
  readonly #sorted: SortedSlice;
  readonly #files: DirectoryFiles;

  constructor(sorted: SortedSlice, files: DirectoryFiles) {
    this.#sorted = sorted;
    this.#files = files;
  }

  async find(keys: Iterable<unknown>): Promise<FoundEntries> {
    const { buckets, from, until } = this.#sorted.slice;
    const wanted = new Map<number, Wanted[]>();
    for (const key of keys) {
      const hash = hashKey(key);
      const bucket = until - from === 1 ? from : hash % buckets;
      const others = wanted.get(bucket);
      if (others === undefined) wanted.set(bucket, [{ key, hash }]);
      else others.push({ key, hash });
    }
    const finder = new KeyFinder();
    for (const [bucket, keysInBucket] of wanted) {
      const sections = await this.#sorted.sections(bucket, this.#sorted.partOf(bucket).chain);
      await finder.find(sections.reverse(), keysInBucket);
    }
    return finder.found;
  }

  async *entries(): AsyncGenerator<Iterable<Entry>> {
    for (const { chain, from, until } of this.#sorted.slice.parts) {
      for (const bucket of this.#sorted.bucketsIn(chain, from, until)) {
        const sections = await this.#sorted.sections(bucket, chain);
        for await (const entries of mergedEntries(sections, { keepRemovals: false })) {
          yield entries;
          // A change keeps the entry that it is about for as long as the batch runs.
          for (const entry of entries) entry.release();
        }
      }
    }
  }

  /** The changes, and beside them now and then a merge of files that the state had before: the manifest names that one first. */
  async propose(time: number, changes: readonly Change[]): Promise<readonly StateFile[]> {
    if (changes.length === 0) return [];
    const merge = planMerge(this.#sorted);
    const written = await Promise.allSettled([
      ...(merge === undefined ? [] : [writeMerge(this.#sorted, merge, time, this.#files)]),
      writeSortedChanges(this.#sorted.slice, changes, time, this.#files),
    ]);
    return written.map((file) => {
      if (file.status === "rejected") throw file.reason;
      return file.value;
    });
  }
}
