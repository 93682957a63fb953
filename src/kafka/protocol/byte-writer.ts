// Writes Kafka's primitive types. Small values go into a growing block, large byte strings are kept as parts of their own,
// so that record batches reach the socket without being copied.

const blockBytes = 1024;
/** Byte strings from this length on are referred to instead of copied. */
const referenceFromBytes = 4096;

/** Collects one frame; every method returns the writer. */
export class ByteWriter {
  /** Whether strings, bytes and arrays are compact and structures end with tagged fields (KIP-482). */
  flexible: boolean;
  private readonly finished: Buffer[] = [];
  private finishedBytes = 0;
  private block = Buffer.allocUnsafe(blockBytes);
  private start = 0;
  private position = 0;

  constructor(options: { flexible?: boolean } = {}) {
    this.flexible = options.flexible ?? false;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.finishedBytes + this.position - this.start;
  }

  int8(value: number): this {
    this.reserve(1);
    this.position = this.block.writeInt8(value, this.position);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  int16(value: number): this {
    this.reserve(2);
    this.position = this.block.writeInt16BE(value, this.position);
    return this;
  }

  int32(value: number): this {
    this.reserve(4);
    this.position = this.block.writeInt32BE(value, this.position);
    return this;
  }

  uint32(value: number): this {
    this.reserve(4);
    this.position = this.block.writeUInt32BE(value, this.position);
    return this;
  }

  int64(value: number | bigint): this {
    this.reserve(8);
    this.position = this.block.writeBigInt64BE(BigInt(value), this.position);
    return this;
  }

  float64(value: number): this {
    this.reserve(8);
    this.position = this.block.writeDoubleBE(value, this.position);
    return this;
  }

  unsignedVarint(value: number): this {
    this.reserve(5);
    let rest = value;
    while (rest > 127) {
      this.block[this.position++] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.block[this.position++] = rest;
    return this;
  }

  /** 32 hexadecimal digits. */
  uuid(hex: string): this {
    this.reserve(16);
    this.position += this.block.write(hex, this.position, 16, "hex");
    return this;
  }

  string(value: string | null): this {
    if (value === null) return this.flexible ? this.unsignedVarint(0) : this.int16(-1);
    const length = Buffer.byteLength(value);
    if (this.flexible) this.unsignedVarint(length + 1);
    else this.int16(length);
    this.reserve(length);
    this.position += this.block.write(value, this.position);
    return this;
  }

  bytes(value: Uint8Array | null): this {
    return value === null ? this.byteLength(-1) : this.byteLength(value.length).raw(value);
  }

  /** One byte string made of several parts that are referred to, not copied. They must not change until they are sent. */
  byteParts(parts: readonly Uint8Array[]): this {
    let length = 0;
    for (const part of parts) length += part.length;
    this.byteLength(length);
    for (const part of parts) this.raw(part);
    return this;
  }

  array<T>(values: readonly T[] | null, element: (value: T, writer: this) => void): this {
    if (values === null) return this.byteLength(-1);
    this.byteLength(values.length);
    for (const value of values) element(value, this);
    return this;
  }

  /** Ends a structure without tagged fields: writes nothing unless the version is flexible. */
  tags(): this {
    return this.flexible ? this.unsignedVarint(0) : this;
  }

  /** Bytes as they are, without a length. */
  raw(value: Uint8Array): this {
    if (value.length < referenceFromBytes) {
      this.reserve(value.length);
      this.block.set(value, this.position);
      this.position += value.length;
      return this;
    }
    this.closeBlock();
    this.finished.push(Buffer.from(value.buffer, value.byteOffset, value.length));
    this.finishedBytes += value.length;
    return this;
  }

  /** What was written, in order. The writer must not be used afterwards. */
  parts(): Buffer[] {
    this.closeBlock();
    return this.finished;
  }

  /** What was written, behind its length in four bytes. The writer must not be used afterwards. */
  frame(): Buffer[] {
    const header = Buffer.allocUnsafe(4);
    header.writeInt32BE(this.length, 0);
    return [header, ...this.parts()];
  }

  private byteLength(length: number): this {
    return this.flexible ? this.unsignedVarint(length + 1) : this.int32(length);
  }

  private reserve(length: number): void {
    if (this.position + length <= this.block.length) return;
    this.closeBlock();
    this.block = Buffer.allocUnsafe(Math.max(blockBytes, Math.min(this.finishedBytes, 64 * blockBytes), length));
    this.start = 0;
    this.position = 0;
  }

  private closeBlock(): void {
    if (this.position === this.start) return;
    this.finished.push(this.block.subarray(this.start, this.position));
    this.finishedBytes += this.position - this.start;
    this.start = this.position;
  }
}
