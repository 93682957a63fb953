/** Reads what BlockWriter wrote. Blocks come from our own tasks, so a wrong one is a defect, not an input. */
export class BlockReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(block: Uint8Array) {
    this.#bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#at++);
  }

  uint32(): number {
    const value = this.#bytes.readUInt32LE(this.#at);
    this.#at += 4;
    return value;
  }

  int32s(count: number): number[] {
    const values: number[] = new Array(count);
    for (let i = 0; i < count; i++, this.#at += 4) values[i] = this.#bytes.readInt32LE(this.#at);
    return values;
  }

  float64s(count: number): number[] {
    const values: number[] = new Array(count);
    for (let i = 0; i < count; i++, this.#at += 8) values[i] = this.#bytes.readDoubleLE(this.#at);
    return values;
  }

  strings(count: number): string[] {
    return this.#texts(count, textOf);
  }

  /** What `strings` reads, as UTF-8: views of the block. */
  utf8(count: number): Uint8Array[] {
    return this.#texts(count, viewOf);
  }

  #texts<T>(count: number, read: (bytes: Buffer, start: number, end: number) => T): T[] {
    const bytes = this.#bytes;
    const values: T[] = new Array(count);
    let at = this.#at + count * 4;
    for (let i = 0; i < count; i++) {
      const end = at + bytes.readUInt32LE(this.#at + i * 4);
      values[i] = read(bytes, at, end);
      at = end;
    }
    this.#at = at;
    return values;
  }

  raw(): Uint8Array {
    const length = this.uint32();
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }
}

const textOf = (bytes: Buffer, start: number, end: number): string => bytes.toString("utf8", start, end);
const viewOf = (bytes: Buffer, start: number, end: number): Uint8Array => bytes.subarray(start, end);
