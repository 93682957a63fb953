import { type CellValue, ColumnBuilder } from "./column-builder.ts";
import type { BodyPiece } from "./write-message.ts";

const smallestCapacity = 64;

/** Collects an int32 column. */
export class Int32Builder extends ColumnBuilder {
  #values = new Int32Array(smallestCapacity);

  get byteLength(): number {
    return 4 * this.rows;
  }

  protected override add(value: CellValue, row: number): void {
    if (row === this.#values.length) this.#values = grown(this.#values);
    if (value === null) return;
    if (typeof value !== "number" || (value | 0) !== value) this.refuse(value, "integers of 32 bits");
    this.#values[row] = value;
  }

  protected override takeValues(rows: number): BodyPiece[] {
    const values = this.#values;
    this.#values = new Int32Array(smallestCapacity);
    return [[bytesOf(values, rows)]];
  }
}

/** Collects an int64 column of safe integers. */
export class Int64Builder extends ColumnBuilder {
  /** Two words a value, the lower one first. */
  #words = new Int32Array(2 * smallestCapacity);

  get byteLength(): number {
    return 8 * this.rows;
  }

  protected override add(value: CellValue, row: number): void {
    if (2 * row === this.#words.length) this.#words = grown(this.#words);
    if (value === null) return;
    if (typeof value !== "number" || !Number.isSafeInteger(value)) this.refuse(value, "safe integers");
    this.#words[2 * row] = value;
    this.#words[2 * row + 1] = Math.floor(value / 2 ** 32);
  }

  protected override takeValues(rows: number): BodyPiece[] {
    const words = this.#words;
    this.#words = new Int32Array(2 * smallestCapacity);
    return [[bytesOf(words, 2 * rows)]];
  }
}

export function grown(values: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * values.length);
  larger.set(values);
  return larger;
}

export function bytesOf(values: Int32Array, count: number): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, 4 * count);
}
