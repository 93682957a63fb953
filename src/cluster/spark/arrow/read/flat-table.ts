import { ArrowError } from "../arrow-error.ts";

/** Fields nest at most this deep: damaged bytes can't send the reader around in circles. */
const deepest = 16;

/** Consecutive elements of a vector. */
export interface FlatVector {
  readonly start: number;
  readonly count: number;
}

/**
 * A table of a flatbuffer, read in place. A DataView refuses positions outside the buffer by a RangeError, which
 * `readFlatbuffer` turns into an ArrowError.
 */
export class FlatTable {
  readonly view: DataView;
  readonly #position: number;
  readonly #depth: number;

  constructor(view: DataView, position: number, depth: number) {
    if (depth > deepest) throw new ArrowError(`the metadata nests deeper than ${deepest}`);
    this.view = view;
    this.#position = position;
    this.#depth = depth;
  }

  /** Whether the field was written; else it has its default. */
  has(slot: number): boolean {
    return this.#field(slot) !== 0;
  }

  uint8(slot: number): number {
    const at = this.#field(slot);
    return at === 0 ? 0 : this.view.getUint8(at);
  }

  int16(slot: number): number {
    const at = this.#field(slot);
    return at === 0 ? 0 : this.view.getInt16(at, true);
  }

  int32(slot: number): number {
    const at = this.#field(slot);
    return at === 0 ? 0 : this.view.getInt32(at, true);
  }

  /** A length: neither negative nor beyond the safe integers. */
  length(slot: number): number {
    const at = this.#field(slot);
    return at === 0 ? 0 : lengthAt(this.view, at);
  }

  string(slot: number): string {
    const { start, count } = this.vector(slot, 1);
    return Buffer.from(this.view.buffer, this.view.byteOffset + start, count).toString("utf8");
  }

  /** Undefined when the field was not written. */
  table(slot: number): FlatTable | undefined {
    const at = this.#field(slot);
    return at === 0 ? undefined : this.#tableAt(at);
  }

  tables(slot: number): FlatTable[] {
    const { start, count } = this.vector(slot, 4);
    return Array.from({ length: count }, (_, i) => this.#tableAt(start + 4 * i));
  }

  vector(slot: number, elementBytes: number): FlatVector {
    const at = this.#field(slot);
    if (at === 0) return { start: 0, count: 0 };
    const position = at + this.view.getUint32(at, true);
    const count = this.view.getUint32(position, true);
    const start = position + 4;
    if (count * elementBytes > this.view.byteLength - start) {
      throw new ArrowError(
        `a vector of ${count} elements at byte ${start} of metadata of ${this.view.byteLength} bytes`,
      );
    }
    return { start, count };
  }

  /** Position of the field, 0 when it was not written. */
  #field(slot: number): number {
    const vtable = this.#position - this.view.getInt32(this.#position, true);
    const entry = 4 + 2 * slot;
    if (entry >= this.view.getUint16(vtable, true)) return 0;
    const offset = this.view.getUint16(vtable + entry, true);
    return offset === 0 ? 0 : this.#position + offset;
  }

  #tableAt(reference: number): FlatTable {
    return new FlatTable(this.view, reference + this.view.getUint32(reference, true), this.#depth + 1);
  }
}

/** A 64-bit length. */
export function lengthAt(view: DataView, position: number): number {
  const value = view.getInt32(position + 4, true) * 2 ** 32 + view.getUint32(position, true);
  if (value < 0 || !Number.isSafeInteger(value)) throw new ArrowError(`a length of ${value} in the metadata`);
  return value;
}

/** Gives `read` the root table of the flatbuffer in `bytes`. @throws ArrowError when it is damaged. */
export function readFlatbuffer<T>(bytes: Uint8Array, read: (root: FlatTable) => T): T {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return read(new FlatTable(view, view.getUint32(0, true), 0));
  } catch (error) {
    if (error instanceof RangeError) {
      throw new ArrowError(`damaged metadata of ${bytes.byteLength} bytes`, { cause: error });
    }
    throw error;
  }
}
