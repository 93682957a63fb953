import { utf8Bytes, writeUtf8 } from "../../../../bytes/utf8.ts";
import { type CellValue, ColumnBuilder } from "./column-builder.ts";
import { bytesOf, grown } from "./int-builder.ts";
import type { BodyPiece } from "./write-message.ts";

const smallestCapacity = 64;
const chunkBytes = 16 * 1024;
/** Longer bytes are referred to until the batch is sent, not copied. */
const referenceFromBytes = 4096;
/** Offsets within a batch have 31 bits. */
const dataBytesMax = 2 ** 31 - 1;

/** Collects a utf8 or binary column: offsets, and the bytes in as many parts as it takes. */
export class BytesBuilder extends ColumnBuilder {
  readonly #type: "utf8" | "binary";
  #offsets = new Int32Array(smallestCapacity);
  #end = 0;
  #parts: Uint8Array[] = [];
  #chunk = Buffer.allocUnsafeSlow(chunkBytes);
  /** Of the chunk: the part from `#start` to `#position` is not yet among the parts. */
  #start = 0;
  #position = 0;

  constructor(name: string, type: "utf8" | "binary") {
    super(name);
    this.#type = type;
  }

  get byteLength(): number {
    return 4 * this.rows + this.#end;
  }

  protected override add(value: CellValue, row: number): void {
    if (row + 1 === this.#offsets.length) this.#offsets = grown(this.#offsets);
    if (value !== null) {
      if (this.#type === "utf8") this.#addText(value);
      else this.#addBytes(value);
    }
    this.#offsets[row + 1] = this.#end;
  }

  protected override takeValues(rows: number): BodyPiece[] {
    this.#closePart();
    const pieces = [[bytesOf(this.#offsets, rows + 1)], this.#parts];
    this.#offsets = new Int32Array(smallestCapacity);
    this.#end = 0;
    this.#parts = [];
    return pieces;
  }

  #addText(value: CellValue): void {
    if (typeof value !== "string") this.refuse(value, "text");
    const length = utf8Bytes(value);
    this.#reserve(length);
    writeUtf8(this.#chunk, this.#position, value, length);
    this.#position += length;
  }

  #addBytes(value: CellValue): void {
    if (!(value instanceof Uint8Array)) this.refuse(value, "bytes");
    if (value.length < referenceFromBytes) {
      this.#reserve(value.length);
      this.#chunk.set(value, this.#position);
      this.#position += value.length;
    } else {
      this.#closePart();
      this.#grow(value.length);
      this.#parts.push(value);
    }
  }

  #reserve(length: number): void {
    this.#grow(length);
    if (this.#position + length <= this.#chunk.length) return;
    this.#closePart();
    this.#chunk = Buffer.allocUnsafeSlow(Math.max(chunkBytes, Math.min(this.#end, 64 * chunkBytes), length));
    this.#start = 0;
    this.#position = 0;
  }

  #grow(length: number): void {
    if (this.#end + length > dataBytesMax) {
      throw new RangeError(`column ${this.name} of one batch has more than ${dataBytesMax} bytes`);
    }
    this.#end += length;
  }

  #closePart(): void {
    if (this.#position > this.#start) this.#parts.push(this.#chunk.subarray(this.#start, this.#position));
    this.#start = this.#position;
  }
}
