import type { Entry } from "../entry.ts";
import type { StoredValue } from "../stored-value.ts";
import { isNone, readCell } from "./cell.ts";

/** An entry in the bytes of its group, decoded when somebody asks: most that are passed over are not what is looked for. */
export class StoredEntry implements Entry {
  readonly hash: number;
  readonly bucket: number;
  readonly bytes: Buffer;
  /** The key's cell is `bytes[at, middle)`, the value's `bytes[middle, end)`. */
  readonly at: number;
  readonly middle: number;
  readonly end: number;
  #key: unknown;

  constructor(place: Pick<StoredEntry, "hash" | "bucket" | "bytes" | "at" | "middle" | "end">) {
    this.hash = place.hash;
    this.bucket = place.bucket;
    this.bytes = place.bytes;
    this.at = place.at;
    this.middle = place.middle;
    this.end = place.end;
  }

  /** No key is undefined. */
  get key(): unknown {
    this.#key ??= readCell(this.bytes, this.at, this.middle);
    return this.#key;
  }

  get stored(): StoredValue {
    return readCell(this.bytes, this.middle, this.end);
  }

  /** Whether it says that the key has no state any more. */
  get isRemoval(): boolean {
    return isNone(this.bytes, this.middle);
  }
}
