import { crc32c } from "../../../bytes/crc32c.ts";
import { writeCell } from "../cell.ts";
import { encodeDirectory } from "../section-directory.ts";
import type { StoredEntry } from "../stored-entry.ts";
import { ByteSink } from "./byte-sink.ts";

/** A group ends with the entry that reaches one of these: few, so that finding one entry reads little besides. */
const groupLimits = { entries: 16, bytes: 4096 };

/** Hashes that there is room for at first. */
const firstHashes = 1024;

/** Lays out the entries of one bucket, which come in the order of their hashes, as groups, and at the end their directory. */
export class SectionWriter {
  /** Groups that are complete and wait to be taken. */
  readonly #groups = new ByteSink();
  readonly #group = new ByteSink();
  #hashes = new Uint32Array(firstHashes);
  readonly #offsets: number[] = [0];
  readonly #firsts: number[] = [0];
  readonly #crcs: number[] = [];
  #count = 0;

  /** Bytes that wait. */
  get waiting(): number {
    return this.#groups.length;
  }

  add(hash: number, key: unknown, stored: unknown): void {
    writeCell(this.#group, key);
    writeCell(this.#group, stored);
    this.#added(hash);
  }

  /** An entry of another file as it is. */
  copy({ hash, bytes, at, end }: StoredEntry): void {
    this.#group.append(bytes, at, end);
    this.#added(hash);
  }

  /** Groups that were completed since the last call; their memory is used again by what is added next. */
  take(): Uint8Array {
    const bytes = this.#groups.bytes.subarray(0, this.#groups.length);
    this.#groups.clear();
    return bytes;
  }

  /** The directory; nothing can be added any more. */
  finish(): { readonly directory: Uint8Array; readonly entries: number } {
    if (this.#count > (this.#firsts.at(-1) as number)) this.#endGroup();
    const directory = encodeDirectory({
      hashes: this.#hashes.subarray(0, this.#count),
      offsets: Float64Array.from(this.#offsets),
      firsts: Uint32Array.from(this.#firsts),
      crcs: Uint32Array.from(this.#crcs),
    });
    return { directory, entries: this.#count };
  }

  #added(hash: number): void {
    if (this.#count === this.#hashes.length) {
      const larger = new Uint32Array(this.#count * 2);
      larger.set(this.#hashes);
      this.#hashes = larger;
    }
    this.#hashes[this.#count++] = hash;
    const entries = this.#count - (this.#firsts.at(-1) as number);
    if (entries >= groupLimits.entries || this.#group.length >= groupLimits.bytes) this.#endGroup();
  }

  #endGroup(): void {
    const { bytes, length } = this.#group;
    this.#crcs.push(crc32c(bytes, 0, length));
    this.#offsets.push((this.#offsets.at(-1) as number) + length);
    this.#firsts.push(this.#count);
    this.#groups.append(bytes, 0, length);
    this.#group.clear();
  }
}
