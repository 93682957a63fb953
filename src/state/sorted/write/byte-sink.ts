const firstBytes = 1 << 16;

/** Bytes that grow as they are written. What was written is looked at in place, and copied by who keeps it. */
export class ByteSink {
  bytes: Buffer = Buffer.allocUnsafeSlow(firstBytes);
  length = 0;

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + count));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  /** Appends `from[start, end)`. */
  append(from: Uint8Array, start = 0, end = from.length): void {
    this.reserve(end - start);
    this.bytes.set(start === 0 && end === from.length ? from : from.subarray(start, end), this.length);
    this.length += end - start;
  }

  clear(): void {
    this.length = 0;
  }
}
