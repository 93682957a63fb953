import { isAscii } from "node:buffer";
import { ArrowError } from "../arrow-error.ts";
import type { Field } from "../field.ts";
import type { ArrowBatch } from "./arrow-batch.ts";

/**
 * A column of a batch, read in place: no object per value but the ones asked for. A method that does not fit the column's
 * type throws. What it gives for a null is meaningless: ask `isNull` first.
 */
export abstract class ArrowColumn {
  readonly field: Field;
  readonly length: number;
  /** A bit a value, 1 for present; undefined when nothing is null. */
  readonly #validity: Uint8Array | undefined;

  constructor(field: Field, length: number, validity: Uint8Array | undefined) {
    this.field = field;
    this.length = length;
    this.#validity = validity;
  }

  isNull(i: number): boolean {
    return this.#validity !== undefined && !bit(this.#validity, i);
  }

  bool(_i: number): boolean {
    throw this.#mismatch("a boolean");
  }

  /** An int32, or an int64 that is a safe integer. */
  int(_i: number): number {
    throw this.#mismatch("an integer");
  }

  /** A view of the batch's memory. */
  bytes(_i: number): Buffer {
    throw this.#mismatch("bytes");
  }

  /** How many bytes rows `from` to `until`, without the last, have. */
  numBytes(_from: number, _until: number): number {
    throw this.#mismatch("bytes");
  }

  /** The bytes as UTF-8 text. */
  text(_i: number): string {
    throw this.#mismatch("text");
  }

  /** The first of list `i`'s items, among the items of the whole column. */
  from(_i: number): number {
    throw this.#mismatch("a list");
  }

  /** Behind the last of list `i`'s items. */
  until(_i: number): number {
    throw this.#mismatch("a list");
  }

  /** A list's items or a struct's members. */
  get children(): ArrowBatch {
    throw this.#mismatch("a list or struct");
  }

  #mismatch(wanted: string): ArrowError {
    return new ArrowError(`column ${this.field.name} is ${this.field.type}, not ${wanted}`);
  }
}

export class BoolColumn extends ArrowColumn {
  readonly #bits: Uint8Array;

  constructor(field: Field, length: number, validity: Uint8Array | undefined, bits: Uint8Array) {
    super(field, length, validity);
    this.#bits = bits;
  }

  override bool(i: number): boolean {
    return bit(this.#bits, i);
  }
}

export class Int32Column extends ArrowColumn {
  readonly #values: Int32Array;

  constructor(field: Field, length: number, validity: Uint8Array | undefined, values: Int32Array) {
    super(field, length, validity);
    this.#values = values;
  }

  override int(i: number): number {
    return this.#values[i] as number;
  }
}

export class Int64Column extends ArrowColumn {
  /** Two words a value, the lower one first. */
  readonly #words: Int32Array;

  constructor(field: Field, length: number, validity: Uint8Array | undefined, words: Int32Array) {
    super(field, length, validity);
    this.#words = words;
  }

  override int(i: number): number {
    const value = (this.#words[2 * i + 1] as number) * 2 ** 32 + ((this.#words[2 * i] as number) >>> 0);
    if (!Number.isSafeInteger(value)) {
      throw new ArrowError(`row ${i} of column ${this.field.name} is beyond the safe integers`);
    }
    return value;
  }
}

export class BytesColumn extends ArrowColumn {
  readonly #offsets: Int32Array;
  readonly #data: Buffer;
  /** Whether all text is ASCII, known once asked for. Latin-1 is a plain copy; UTF-8 has to be decoded. */
  #ascii: boolean | undefined;

  constructor(field: Field, length: number, validity: Uint8Array | undefined, offsets: Int32Array, data: Buffer) {
    super(field, length, validity);
    this.#offsets = offsets;
    this.#data = data;
  }

  override bytes(i: number): Buffer {
    return this.#data.subarray(this.#offsets[i], this.#offsets[i + 1]);
  }

  override numBytes(from: number, until: number): number {
    return (this.#offsets[until] as number) - (this.#offsets[from] as number);
  }

  override text(i: number): string {
    this.#ascii ??= isAscii(this.#data);
    return this.#data.toString(this.#ascii ? "latin1" : "utf8", this.#offsets[i], this.#offsets[i + 1]);
  }
}

export class StructColumn extends ArrowColumn {
  readonly #members: ArrowBatch;

  constructor(field: Field, length: number, validity: Uint8Array | undefined, members: ArrowBatch) {
    super(field, length, validity);
    this.#members = members;
  }

  override get children(): ArrowBatch {
    return this.#members;
  }
}

export class ListColumn extends ArrowColumn {
  readonly #offsets: Int32Array;
  readonly #items: ArrowBatch;

  constructor(field: Field, length: number, validity: Uint8Array | undefined, offsets: Int32Array, items: ArrowBatch) {
    super(field, length, validity);
    this.#offsets = offsets;
    this.#items = items;
  }

  override from(i: number): number {
    return this.#offsets[i] as number;
  }

  override until(i: number): number {
    return this.#offsets[i + 1] as number;
  }

  override get children(): ArrowBatch {
    return this.#items;
  }
}

function bit(bits: Uint8Array, i: number): boolean {
  return ((bits[i >> 3] as number) & (1 << (i & 7))) !== 0;
}
