import { StoredEntry } from "./stored-entry.ts";

/** Copies share pieces of so many bytes, which are cheaper to have than many small ones. */
const pieceBytes = 1 << 16;

/** Entries that are kept, out of the much larger pieces that they were read in. */
export class EntryCopies {
  #piece = Buffer.alloc(0);
  #length = 0;

  /** `key` is the entry's, so that it need not be decoded. */
  copy({ hash, bucket, bytes, at, middle, end }: StoredEntry, key: unknown): StoredEntry {
    const size = end - at;
    if (this.#length + size > this.#piece.length) {
      this.#piece = Buffer.allocUnsafeSlow(Math.max(size, pieceBytes));
      this.#length = 0;
    }
    const start = this.#length;
    bytes.copy(this.#piece, start, at, end);
    this.#length += size;
    const place = { hash, bucket, bytes: this.#piece, at: start, middle: start + middle - at, end: start + size };
    return new StoredEntry(place, key);
  }
}
