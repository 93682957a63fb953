import { sameKey } from "../../keys/same-key.ts";
import type { Entry } from "../entry.ts";
import type { StoredValue } from "../stored-value.ts";
import { isNone, isShortAscii, readCell } from "./cell.ts";

const noBytes = Buffer.alloc(0);

/** An entry in the bytes of its group, decoded when somebody asks: most that are passed over are not what is looked for. */
export class StoredEntry implements Entry {
  readonly hash: number;
  readonly bucket: number;
  /** The key's cell is `bytes[at, middle)`, the value's `bytes[middle, end)`. */
  readonly at: number;
  readonly middle: number;
  readonly end: number;
  #bytes: Buffer;
  #key: unknown;

  /** Without `key` it is decoded when it is asked for. */
  constructor(place: Pick<StoredEntry, "hash" | "bucket" | "bytes" | "at" | "middle" | "end">, key?: unknown) {
    this.hash = place.hash;
    this.bucket = place.bucket;
    this.#bytes = place.bytes;
    this.at = place.at;
    this.middle = place.middle;
    this.end = place.end;
    this.#key = key;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  /** No key is undefined. */
  get key(): unknown {
    this.#key ??= readCell(this.#bytes, this.at, this.middle);
    return this.#key;
  }

  get stored(): StoredValue {
    return readCell(this.#bytes, this.middle, this.end);
  }

  hasKey(key: unknown): boolean {
    if (typeof key === "string" && isShortAscii(this.#bytes, this.at, this.middle, key)) return true;
    return sameKey(this.key, key);
  }

  /** Lets go of the piece that it was read in; key and value cannot be had any more. */
  release(): void {
    this.#bytes = noBytes;
  }

  /** Whether it says that the key has no state any more. */
  get isRemoval(): boolean {
    return isNone(this.#bytes, this.middle);
  }
}
