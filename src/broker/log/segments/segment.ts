import { BatchIndex } from "./batch-index.ts";
import type { SegmentBytes } from "./segment-bytes.ts";

/** What a read finds: whole batches in one piece, and the offset of their last record. */
export interface SegmentRead {
  readonly batches: Buffer;
  readonly lastOffset: number;
}

/** Roughly what the objects of a segment take besides bytes and index. */
const overheadBytes = 512;

/** A stretch of a partition's log: the last one is appended to, the oldest is deleted whole. */
export class Segment {
  readonly baseOffset: number;
  readonly bytes: SegmentBytes;
  /** When it was begun, epoch ms. */
  createdMs: number;
  nextOffset: number;
  maxTimestamp = -1;
  readonly #loadIndex: ((segment: Segment) => BatchIndex) | undefined;
  #index: BatchIndex | undefined;

  /** @param loadIndex finds the index of what the segment has up to its next offset; without it the index stays in memory. */
  constructor(
    baseOffset: number,
    bytes: SegmentBytes,
    createdMs: number,
    loadIndex?: (segment: Segment) => BatchIndex,
  ) {
    this.baseOffset = baseOffset;
    this.nextOffset = baseOffset;
    this.bytes = bytes;
    this.createdMs = createdMs;
    this.#loadIndex = loadIndex;
  }

  get index(): BatchIndex {
    this.#index ??= this.#loadIndex?.(this) ?? new BatchIndex();
    return this.#index;
  }

  get memoryBytes(): number {
    return this.bytes.memoryBytes + (this.#index?.memoryBytes ?? 0) + overheadBytes;
  }

  /** The same batches elsewhere. */
  movedTo(bytes: SegmentBytes, createdMs: number, loadIndex?: (segment: Segment) => BatchIndex): Segment {
    const moved = new Segment(this.baseOffset, bytes, createdMs, loadIndex);
    moved.nextOffset = this.nextOffset;
    moved.maxTimestamp = this.maxTimestamp;
    moved.#index = this.index;
    return moved;
  }

  /** Lets go of an index that can be loaded again. */
  cool(): void {
    if (this.#loadIndex !== undefined) this.#index = undefined;
  }

  append(batch: Buffer, lastOffset: number, maxTimestamp: number): void {
    const position = this.bytes.length;
    this.bytes.append(batch);
    this.note(lastOffset, position, maxTimestamp);
  }

  /** A batch that its bytes have already. `maxTimestamp` is −1 where it has no records. */
  note(lastOffset: number, position: number, maxTimestamp: number): void {
    this.index.add(lastOffset - this.baseOffset, position, maxTimestamp);
    this.nextOffset = lastOffset + 1;
    this.maxTimestamp = Math.max(this.maxTimestamp, maxTimestamp);
  }

  /** Whole batches from the one with `offset` on that begin below `limit`, within `maxBytes`; with `atLeastOne` the first in any case. */
  read(offset: number, limit: number, maxBytes: number, atLeastOne: boolean): SegmentRead | undefined {
    const { index } = this;
    const first = index.find(offset - this.baseOffset);
    const start = index.position(first);
    let end = first;
    while (end < index.count && this.baseOffset + index.firstOffset(end) < limit) {
      if (this.#endOf(end) - start > maxBytes && !(atLeastOne && end === first)) break;
      end++;
    }
    if (end === first) return undefined;
    const batches = this.bytes.read(start, this.#endOf(end - 1) - start);
    return { batches, lastOffset: this.baseOffset + index.lastOffset(end - 1) };
  }

  /** Bytes of the batches from the one with `offset` on that begin below `limit`. */
  available(offset: number, limit: number): number {
    if (offset <= this.baseOffset && limit >= this.nextOffset) return this.bytes.length;
    const { index } = this;
    const first = index.find(offset - this.baseOffset);
    if (first === index.count) return 0;
    const end = limit >= this.nextOffset ? index.count : index.find(limit - this.baseOffset);
    return (end === index.count ? this.bytes.length : index.position(end)) - index.position(first);
  }

  /** Batches that may have a record with a timestamp of at least `timestamp`, at `offset` or later. */
  *batchesAt(timestamp: number, offset: number): Generator<Buffer> {
    const { index } = this;
    let batch = index.findTimestamp(timestamp, index.find(offset - this.baseOffset));
    for (; batch < index.count; batch = index.findTimestamp(timestamp, batch + 1))
      yield this.bytes.read(index.position(batch), this.#endOf(batch) - index.position(batch));
  }

  /** Whole batches in pieces of about `pieceBytes`, one after the other. */
  *pieces(pieceBytes: number): Generator<Buffer> {
    const { count } = this.index;
    for (let first = 0; first < count; ) {
      const start = this.index.position(first);
      let end = first + 1;
      while (end < count && this.#endOf(end) - start <= pieceBytes) end++;
      yield this.bytes.read(start, this.#endOf(end - 1) - start);
      first = end;
    }
  }

  #endOf(batch: number): number {
    return batch + 1 < this.index.count ? this.index.position(batch + 1) : this.bytes.length;
  }
}
