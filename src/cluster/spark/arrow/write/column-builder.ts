import type { BodyPiece } from "./write-message.ts";

/** What a row may have in a column. */
export type CellValue = number | string | Uint8Array | null;

const smallestCapacity = 64;

/** Collects the values of a column of one type. */
export abstract class ColumnBuilder {
  readonly name: string;
  rows = 0;
  nulls = 0;
  #validity = new Uint8Array(smallestCapacity / 8);

  constructor(name: string) {
    this.name = name;
  }

  append(value: CellValue): void {
    if (value === null) this.nulls++;
    this.#mark(value !== null);
    this.add(value, this.rows);
    this.rows++;
  }

  /** What was collected, as pieces of a batch's body. The builder gives its memory away and is empty afterwards. */
  take(): BodyPiece[] {
    const validity: BodyPiece = this.nulls === 0 ? [] : [this.#validity.subarray(0, Math.ceil(this.rows / 8))];
    const pieces = [validity, ...this.takeValues(this.rows)];
    this.rows = 0;
    this.nulls = 0;
    this.#validity = new Uint8Array(smallestCapacity / 8);
    return pieces;
  }

  /** Bytes of values collected. */
  abstract get byteLength(): number;
  protected abstract add(value: CellValue, row: number): void;
  protected abstract takeValues(rows: number): BodyPiece[];

  protected refuse(value: CellValue, allowed: string): never {
    const seen = typeof value === "number" ? String(value) : value === null ? "null" : typeof value;
    throw new TypeError(`column ${this.name} takes ${allowed}, not ${seen}`);
  }

  #mark(present: boolean): void {
    const at = this.rows >> 3;
    if (at >= this.#validity.length) {
      const larger = new Uint8Array(2 * this.#validity.length);
      larger.set(this.#validity);
      this.#validity = larger;
    }
    if (present) this.#validity[at] = (this.#validity[at] as number) | (1 << (this.rows & 7));
  }
}
