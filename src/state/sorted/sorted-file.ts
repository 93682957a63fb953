import type { ReadSection, StateFile } from "../files/state-file.ts";
import type { StateFileInput } from "../files/state-file-input.ts";
import type { SectionPlace } from "../files/state-file-layout.ts";
import type { StoredValue } from "../stored-value.ts";
import type { DirectoryCache } from "./directory-cache.ts";
import { SortedSection } from "./sorted-section.ts";

/** A file whose sections are sorted, so that single keys can be found in it where it is. */
export class SortedFile {
  readonly #input: StateFileInput;
  readonly #places: ReadonlyMap<number, SectionPlace>;
  readonly #cache: DirectoryCache | undefined;

  constructor(input: StateFileInput, cache?: DirectoryCache) {
    this.#input = input;
    this.#places = new Map(input.sections.map((place) => [place.bucket, place]));
    this.#cache = cache;
  }

  get file(): StateFile {
    return this.#input.file;
  }

  /** Those that it has something in, in order. */
  get buckets(): Iterable<number> {
    return this.#places.keys();
  }

  /** Bytes in the buckets from `from` to `until`, without the last. */
  bytesIn(from: number, until: number): number {
    let bytes = 0;
    for (const { bucket, length } of this.#places.values()) if (bucket >= from && bucket < until) bytes += length;
    return bytes;
  }

  /** What it has of a bucket. @throws CHECKPOINT_CORRUPT, CHECKPOINT_UNAVAILABLE */
  async section(bucket: number): Promise<SortedSection | undefined> {
    const place = this.#places.get(bucket);
    if (place === undefined) return undefined;
    const read = () => SortedSection.readDirectory(this.#input, place);
    const directory = await (this.#cache?.get(this.#cacheId(bucket), read) ?? read());
    return new SortedSection(this.#input, place, directory);
  }

  /** Everything in buckets from `from` to `until`, in the order of the file, a bucket at a time. */
  async *contents(from: number, until: number): AsyncGenerator<ReadSection> {
    let rank = 0;
    for (const bucket of [...this.buckets].filter((bucket) => bucket >= from && bucket < until)) {
      const section = (await this.section(bucket)) as SortedSection;
      const content: { ranks: number[]; keys: unknown[]; values: StoredValue[]; removed: unknown[] } = {
        ranks: [],
        keys: [],
        values: [],
        removed: [],
      };
      for (let group = 0; group < section.directory.crcs.length; ) {
        const groups = await section.readAhead(group);
        group = groups.until;
        for (const entry of section.entries(groups)) {
          if (entry.isRemoval) {
            content.removed.push(entry.key);
            continue;
          }
          content.ranks.push(rank++);
          content.keys.push(entry.key);
          content.values.push(entry.stored);
        }
      }
      yield { bucket, ...content };
    }
  }

  close(): Promise<void> {
    for (const bucket of this.buckets) this.#cache?.forget(this.#cacheId(bucket));
    return this.#input.close();
  }

  #cacheId(bucket: number): string {
    return `${this.file.id} ${bucket}`;
  }
}
