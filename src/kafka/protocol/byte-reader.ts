// Reads Kafka's primitive types from one frame. Every length and count is compared with the bytes that are left before
// anything is allocated for it, so that a hostile frame cannot ask for more memory than it brought along.
import { ProtocolError } from "./protocol-error.ts";

const noTags: readonly number[] = [];

/** A cursor over `buffer`. Throws ProtocolError where the bytes end early or a length makes no sense. */
export class ByteReader {
  readonly buffer: Buffer;
  /** Where the next value starts. */
  position: number;
  readonly end: number;
  /** Whether strings, bytes and arrays are compact and structures end with tagged fields (KIP-482). */
  flexible: boolean;
  /** Elements that arrays may still have, all together: each of them takes more memory than the byte it may be read from. */
  private elementsLeft: number;

  constructor(
    buffer: Buffer,
    options: { flexible?: boolean; start?: number; end?: number; maxElements?: number } = {},
  ) {
    this.buffer = buffer;
    this.position = options.start ?? 0;
    this.end = options.end ?? buffer.length;
    this.flexible = options.flexible ?? false;
    this.elementsLeft = options.maxElements ?? Number.POSITIVE_INFINITY;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  int8(): number {
    return this.buffer.readInt8(this.take(1));
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  int16(): number {
    return this.buffer.readInt16BE(this.take(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.take(4));
  }

  uint32(): number {
    return this.buffer.readUInt32BE(this.take(4));
  }

  /** A 64-bit integer that must be a safe one: offsets, timestamps, producer ids. */
  int64(): number {
    const at = this.take(8);
    const value = this.buffer.readInt32BE(at) * 2 ** 32 + this.buffer.readUInt32BE(at + 4);
    if (!Number.isSafeInteger(value)) {
      throw new ProtocolError(`the 64-bit integer at byte ${at} is beyond the safe integers`);
    }
    return value;
  }

  bigint64(): bigint {
    return this.buffer.readBigInt64BE(this.take(8));
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.take(8));
  }

  /** An unsigned varint of at most 32 bits. */
  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.buffer[this.take(1)] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break;
        return value;
      }
    }
    throw new ProtocolError(`the varint before byte ${this.position} is longer than 32 bits`);
  }

  /** 16 bytes as 32 lower-case hexadecimal digits. */
  uuid(): string {
    const at = this.take(16);
    return this.buffer.toString("hex", at, at + 16);
  }

  string(): string {
    return this.present(this.nullableString(), "string");
  }

  nullableString(): string | null {
    const length = this.flexible ? this.unsignedVarint() - 1 : this.int16();
    if (length < 0) return null;
    const at = this.take(length);
    return this.buffer.toString("utf8", at, at + length);
  }

  /** A view, not a copy: it keeps the frame's memory alive. */
  bytes(): Buffer {
    return this.present(this.nullableBytes(), "bytes");
  }

  /** A view, not a copy: it keeps the frame's memory alive. */
  nullableBytes(): Buffer | null {
    const length = this.flexible ? this.unsignedVarint() - 1 : this.int32();
    if (length < 0) return null;
    const at = this.take(length);
    return this.buffer.subarray(at, at + length);
  }

  array<T>(element: (reader: ByteReader) => T): T[] {
    return this.present(this.nullableArray(element), "array");
  }

  /** Each element takes at least a byte, so a count above the bytes that are left is refused. */
  nullableArray<T>(element: (reader: ByteReader) => T): T[] | null {
    const count = this.flexible ? this.unsignedVarint() - 1 : this.int32();
    if (count < 0) return null;
    if (count > this.remaining) {
      throw new ProtocolError(
        `an array of ${count} elements at byte ${this.position}, but ${this.remaining} bytes left`,
      );
    }
    this.elementsLeft -= count;
    if (this.elementsLeft < 0) throw new ProtocolError(`too many array elements at byte ${this.position}`);
    const elements: T[] = [];
    for (let i = 0; i < count; i++) elements.push(element(this));
    return elements;
  }

  /** Ends a structure: skips its tagged fields where the version is flexible, else does nothing. */
  tags(): void {
    this.tagNumbers();
  }

  /** The same; says which fields there were. */
  tagNumbers(): readonly number[] {
    const count = this.flexible ? this.unsignedVarint() : 0;
    if (count === 0) return noTags;
    const tags: number[] = [];
    for (let i = 0; i < count; i++) {
      tags.push(this.unsignedVarint());
      this.take(this.unsignedVarint());
    }
    return tags;
  }

  skip(length: number): void {
    this.take(length);
  }

  private take(length: number): number {
    const at = this.position;
    if (length < 0 || length > this.end - at) {
      throw new ProtocolError(`${length} bytes wanted at byte ${at}, but ${this.end - at} are left`);
    }
    this.position = at + length;
    return at;
  }

  private present<T>(value: T | null, type: string): T {
    if (value === null) throw new ProtocolError(`a null ${type} before byte ${this.position}, where none is allowed`);
    return value;
  }
}
