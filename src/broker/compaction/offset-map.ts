import { hash } from "node:crypto";

/** Of a key's hash: nobody makes two keys that share it. */
const hashBytes = 16;
/** The hash, and the offset as a number. */
const slotBytes = hashBytes + 8;
const firstSlots = 1_024;
/** How full the table may be: beyond, searches get long. */
const fullness = 0.75;

/** The last offset of each key of a log's stretch, in memory that is bounded: 24 bytes a slot, whatever the keys. */
export class OffsetMap {
  /** Keys that it can have. */
  readonly maxKeys: number;
  #size = 0;
  #slots = firstSlots;
  #table = Buffer.alloc(firstSlots * slotBytes);

  constructor(maxKeys: number) {
    this.maxKeys = maxKeys;
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size >= this.maxKeys;
  }

  /** Offsets rise. A key that is new to a full map is not taken. */
  set(key: Buffer, offset: number): void {
    const hashed = hashOf(key);
    let at = this.#find(this.#table, this.#slots, hashed);
    if (isFree(this.#table, at)) {
      if (this.isFull) return;
      if (this.#size + 1 > this.#slots * fullness) {
        this.#grow();
        at = this.#find(this.#table, this.#slots, hashed);
      }
      hashed.copy(this.#table, at);
      this.#size++;
    }
    this.#table.writeDoubleLE(offset + 1, at + hashBytes);
  }

  /** −1 for a key that it has not got. */
  get(key: Buffer): number {
    return this.#table.readDoubleLE(this.#find(this.#table, this.#slots, hashOf(key)) + hashBytes) - 1;
  }

  /** Where the key's slot is, or the free one that it would get. */
  #find(table: Buffer, slots: number, hashed: Buffer): number {
    for (let slot = hashed.readUInt32LE(0) % slots; ; slot = slot + 1 === slots ? 0 : slot + 1) {
      const at = slot * slotBytes;
      if (isFree(table, at) || table.compare(hashed, 0, hashBytes, at, at + hashBytes) === 0) return at;
    }
  }

  #grow(): void {
    const slots = 2 * this.#slots;
    const table = Buffer.alloc(slots * slotBytes);
    for (let at = 0; at < this.#table.length; at += slotBytes) {
      if (isFree(this.#table, at)) continue;
      const slot = this.#table.subarray(at, at + slotBytes);
      slot.copy(table, this.#find(table, slots, slot.subarray(0, hashBytes)));
    }
    this.#slots = slots;
    this.#table = table;
  }
}

/** A slot's offset is one more than the record's, so that none is 0. */
function isFree(table: Buffer, at: number): boolean {
  return table.readDoubleLE(at + hashBytes) === 0;
}

function hashOf(key: Buffer): Buffer {
  return hash("sha256", key, "buffer").subarray(0, hashBytes);
}
