const firstCapacity = 8;
/** Last offset and position, 32 bits each, and the largest timestamp. */
export const indexEntryBytes = 16;

/**
 * Where each batch of a segment stands. Offsets are counted from the segment's first; batches follow each other without gaps, in
 * offsets and in bytes, so a batch starts where the one before it ends.
 */
export class BatchIndex {
  count = 0;
  #lastOffset = new Uint32Array(firstCapacity);
  #position = new Uint32Array(firstCapacity);
  #maxTimestamp = new Float64Array(firstCapacity);

  /** Memory that it holds. */
  get memoryBytes(): number {
    return this.#lastOffset.length * indexEntryBytes;
  }

  add(lastOffset: number, position: number, maxTimestamp: number): void {
    if (this.count === this.#lastOffset.length) this.#grow();
    this.#lastOffset[this.count] = lastOffset;
    this.#position[this.count] = position;
    this.#maxTimestamp[this.count] = maxTimestamp;
    this.count++;
  }

  /** The first batch that reaches up to `offset`; `count` where none does. */
  find(offset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#lastOffset[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first batch, from `start` on, with a timestamp of at least `timestamp`; `count` where none has. */
  findTimestamp(timestamp: number, start: number): number {
    for (let i = start; i < this.count; i++) if ((this.#maxTimestamp[i] as number) >= timestamp) return i;
    return this.count;
  }

  firstOffset(batch: number): number {
    return batch === 0 ? 0 : (this.#lastOffset[batch - 1] as number) + 1;
  }

  lastOffset(batch: number): number {
    return this.#lastOffset[batch] as number;
  }

  /** −1 of a batch without records. */
  maxTimestamp(batch: number): number {
    return this.#maxTimestamp[batch] ?? -1;
  }

  position(batch: number): number {
    return this.#position[batch] as number;
  }

  /** The entries as bytes, to be kept in a file. */
  encode(): Buffer {
    const bytes = Buffer.allocUnsafe(this.count * indexEntryBytes);
    for (let i = 0; i < this.count; i++) {
      bytes.writeUInt32LE(this.#lastOffset[i] as number, i * indexEntryBytes);
      bytes.writeUInt32LE(this.#position[i] as number, i * indexEntryBytes + 4);
      bytes.writeDoubleLE(this.#maxTimestamp[i] as number, i * indexEntryBytes + 8);
    }
    return bytes;
  }

  static decode(bytes: Buffer): BatchIndex {
    const index = new BatchIndex();
    for (let at = 0; at + indexEntryBytes <= bytes.length; at += indexEntryBytes)
      index.add(bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4), bytes.readDoubleLE(at + 8));
    return index;
  }

  #grow(): void {
    const capacity = 2 * this.#lastOffset.length;
    const [lastOffset, position] = [new Uint32Array(capacity), new Uint32Array(capacity)];
    const maxTimestamp = new Float64Array(capacity);
    lastOffset.set(this.#lastOffset);
    position.set(this.#position);
    maxTimestamp.set(this.#maxTimestamp);
    this.#lastOffset = lastOffset;
    this.#position = position;
    this.#maxTimestamp = maxTimestamp;
  }
}
