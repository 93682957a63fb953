import type { StateFile } from "../files/state-file.ts";
import type { StatePart, StateSlice } from "../manifest.ts";
import type { SortedFile } from "./sorted-file.ts";
import type { SortedSection } from "./sorted-section.ts";

/** The files of a slice, open. */
export class SortedSlice {
  readonly slice: StateSlice;
  readonly #files: ReadonlyMap<string, SortedFile>;

  constructor(slice: StateSlice, files: ReadonlyMap<string, SortedFile>) {
    this.slice = slice;
    this.#files = files;
  }

  /** The part that has a bucket. */
  partOf(bucket: number): StatePart {
    const part = this.slice.parts.find(({ until }) => bucket < until);
    if (part === undefined)
      throw new Error(`bucket ${bucket} is not in a task of ${this.slice.from} to ${this.slice.until}`);
    return part;
  }

  /** What files have of a bucket, in their order. */
  async sections(bucket: number, files: readonly StateFile[]): Promise<SortedSection[]> {
    const sections = await Promise.all(files.map((file) => this.#file(file).section(bucket)));
    return sections.filter((section) => section !== undefined);
  }

  /** The buckets from `from` to `until`, without the last, that the files of a chain have something in, in order. */
  bucketsIn(chain: readonly StateFile[], from: number, until: number): number[] {
    const buckets = new Set(chain.flatMap((file) => [...this.#file(file).buckets]));
    return [...buckets].filter((bucket) => bucket >= from && bucket < until).sort((a, b) => a - b);
  }

  /** Bytes of a file in the buckets from `from` to `until`, without the last. */
  bytesIn(file: StateFile, from: number, until: number): number {
    return this.#file(file).bytesIn(from, until);
  }

  #file({ id }: StateFile): SortedFile {
    const file = this.#files.get(id);
    if (file === undefined) throw new Error(`state file ${id} is not open`);
    return file;
  }
}
