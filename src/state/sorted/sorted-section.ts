import { crc32c } from "../../bytes/crc32c.ts";
import type { StateFileInput } from "../files/state-file-input.ts";
import { corrupt, type SectionPlace } from "../files/state-file-layout.ts";
import { cellEnd } from "./cell.ts";
import { decodeDirectory, type SectionDirectory } from "./section-directory.ts";
import { StoredEntry } from "./stored-entry.ts";

/** Bytes that are read at once where entries are read one after the other. */
const readAhead = 1 << 18;

/** Groups that were read and verified: those from `first` on, up to `until` without it. */
export interface ReadGroups {
  readonly first: number;
  readonly until: number;
  readonly bytes: Buffer;
}

/** The entries of one bucket in a sorted file. */
export class SortedSection {
  readonly directory: SectionDirectory;
  readonly #input: StateFileInput;
  readonly #place: SectionPlace;

  constructor(input: StateFileInput, place: SectionPlace, directory: SectionDirectory) {
    this.#input = input;
    this.#place = place;
    this.directory = directory;
  }

  /** @throws CHECKPOINT_CORRUPT, CHECKPOINT_UNAVAILABLE */
  static async readDirectory(input: StateFileInput, place: SectionPlace): Promise<SectionDirectory> {
    const { offset, length, directory: size = 0 } = place;
    const bytes = await input.read(offset + length - size, size);
    if (bytes.length !== size || crc32c(bytes) !== place.crc) {
      throw corrupt(input.file, `has a damaged directory for bucket ${place.bucket}`);
    }
    return decodeDirectory(bytes);
  }

  /** Bytes from the start of one group to that of another. */
  bytesBetween(first: number, until: number): number {
    const { offsets } = this.directory;
    return (offsets[until] as number) - (offsets[first] as number);
  }

  /** Groups from `first` on, as many as are read at once; at least one. */
  readAhead(first: number): Promise<ReadGroups> {
    const { crcs } = this.directory;
    let until = first + 1;
    while (until < crcs.length && this.bytesBetween(first, until + 1) <= readAhead) until++;
    return this.read(first, until);
  }

  /** `wanted` says which of the groups are looked at; the others are not verified. `room` is memory that may be read into. */
  async read(
    first: number,
    until: number,
    { wanted, room }: { readonly wanted?: readonly number[]; readonly room?: Uint8Array } = {},
  ): Promise<ReadGroups> {
    const { offsets, crcs } = this.directory;
    const length = this.bytesBetween(first, until);
    const read = await this.#input.read(this.#place.offset + (offsets[first] as number), length, room);
    const bytes = Buffer.from(read.buffer, read.byteOffset, read.byteLength);
    const groups = { first, until, bytes };
    const verify = (group: number): void => {
      const start = this.#startIn(groups, group);
      if (bytes.length !== length || crc32c(bytes, start, this.#startIn(groups, group + 1)) !== crcs[group]) {
        throw corrupt(this.#input.file, `has a damaged group of entries for bucket ${this.#place.bucket}`);
      }
    };
    if (wanted === undefined) for (let group = first; group < until; group++) verify(group);
    else for (const group of wanted) verify(group);
    return groups;
  }

  /** An entry of a group that was read. */
  entry(groups: ReadGroups, group: number, entry: number): StoredEntry {
    const { bytes } = groups;
    let at = this.#startIn(groups, group);
    for (let i = this.directory.firsts[group] as number; i < entry; i++) at = cellEnd(bytes, cellEnd(bytes, at));
    return this.#entryAt(bytes, at, entry);
  }

  /** All entries of groups that were read. */
  entries(groups: ReadGroups): StoredEntry[] {
    const { firsts } = this.directory;
    const entries: StoredEntry[] = [];
    let at = 0;
    for (let i = firsts[groups.first] as number; i < (firsts[groups.until] as number); i++) {
      const entry = this.#entryAt(groups.bytes, at, i);
      entries.push(entry);
      at = entry.end;
    }
    return entries;
  }

  #entryAt(bytes: Buffer, at: number, entry: number): StoredEntry {
    const middle = cellEnd(bytes, at);
    const hash = this.directory.hashes[entry] as number;
    return new StoredEntry({ hash, bucket: this.#place.bucket, bytes, at, middle, end: cellEnd(bytes, middle) });
  }

  #startIn({ first }: Pick<ReadGroups, "first">, group: number): number {
    return this.bytesBetween(first, group);
  }
}
