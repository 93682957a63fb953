import { appendUtf8 } from "../bytes/utf8.ts";
import { checkText } from "./plain-value.ts";

const firstBytes = 1 << 16;
const keptBytes = 1 << 24;

/** A growing buffer that blocks are written into; `take` copies the block out, so that it owns its memory and can be transferred. */
export class BlockWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(firstBytes);
  #length = 0;

  /** Makes room for `count` more bytes. */
  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + count));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32LE(value, this.#length);
  }

  int32s(values: readonly unknown[]): void {
    this.#reserve(values.length * 4);
    for (const value of values) this.#length = this.#bytes.writeInt32LE(value as number, this.#length);
  }

  float64s(values: readonly unknown[]): void {
    this.#reserve(values.length * 8);
    for (const value of values) this.#length = this.#bytes.writeDoubleLE(value as number, this.#length);
  }

  /** The byte lengths of all strings, then their bytes. @throws VALUE_NOT_ENCODABLE for one with half of a surrogate pair. */
  strings(values: readonly unknown[]): void {
    let characters = 0;
    for (const value of values) characters += (value as string).length;
    this.#reserve(values.length * 4 + characters * 3);
    const bytes = this.#bytes;
    let at = this.#length + values.length * 4;
    for (let i = 0; i < values.length; i++) {
      const text = values[i] as string;
      const written = appendUtf8(bytes, at, text);
      // What has as many bytes as characters is ASCII, as most text is.
      if (written !== text.length) checkText(text);
      bytes.writeUInt32LE(written, this.#length + i * 4);
      at += written;
    }
    this.#length = at;
  }

  raw(bytes: Uint8Array): void {
    this.uint32(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** The block written since the last call. */
  take(): Uint8Array<ArrayBuffer> {
    const block = new Uint8Array(this.#length);
    block.set(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    // One large row must not keep its room for as long as the worker lives.
    if (this.#bytes.length > keptBytes) this.#bytes = Buffer.allocUnsafeSlow(firstBytes);
    return block;
  }
}
