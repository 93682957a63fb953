// A stretch of a partition's log: batches one behind the other, exactly as they are sent, and a sparse index of them. Since every
// batch of a stretch follows the one before, a read is one slice, however many batches it has.
import { type BatchPlace, walkBatches } from "./batch-walk.ts";
import type { SegmentBytes } from "./segment-bytes.ts";

/** One batch in so many bytes is indexed, as Kafka's `index.interval.bytes`. */
const indexIntervalBytes = 4096;

/** A slice of a segment's batches. */
export interface Slice {
  readonly position: number;
  readonly bytes: number;
  /** The offset behind its last batch. */
  readonly nextOffset: number;
}

export class Segment {
  readonly bytes: SegmentBytes;
  readonly baseOffset: number;
  /** The offset behind its last batch. */
  nextOffset: number;
  maxTimestamp = -1;
  readonly #offsets: number[] = [];
  readonly #positions: number[] = [];

  constructor(bytes: SegmentBytes, baseOffset: number) {
    this.bytes = bytes;
    this.baseOffset = baseOffset;
    this.nextOffset = baseOffset;
  }

  append(batch: Buffer, baseOffset: number, lastOffset: number, maxTimestamp: number): void {
    const position = this.bytes.size;
    this.bytes.append(batch);
    this.index(position, baseOffset, lastOffset, maxTimestamp);
  }

  /** Takes note of a batch that is at `position` already. */
  index(position: number, baseOffset: number, lastOffset: number, maxTimestamp: number): void {
    if (this.#positions.length === 0 || position - (this.#positions.at(-1) as number) >= indexIntervalBytes) {
      this.#offsets.push(baseOffset);
      this.#positions.push(position);
    }
    this.nextOffset = lastOffset + 1;
    this.maxTimestamp = Math.max(this.maxTimestamp, maxTimestamp);
  }

  /** Where the batch with `offset` starts; the segment's end for offsets behind it. */
  positionOf(offset: number): number {
    if (offset >= this.nextOffset) return this.bytes.size;
    const found = this.#from(this.#offsets, offset, ({ lastOffset }) => lastOffset >= offset);
    return found?.position ?? this.bytes.size;
  }

  /** As many whole batches from the one with `offset` on as end by `limit` and fit in `maxBytes`. */
  slice(offset: number, limit: number, maxBytes: number): Slice {
    const position = this.positionOf(offset);
    const end = this.positionOf(limit);
    if (end - position <= maxBytes) {
      return { position, bytes: end - position, nextOffset: Math.min(limit, this.nextOffset) };
    }
    const cut = this.#from(
      this.#positions,
      position + maxBytes,
      (batch) => batch.position + batch.bytes > position + maxBytes,
    );
    // Below the limit there is a batch that passes it, or all would fit.
    const { position: cutPosition, baseOffset } = cut as BatchPlace;
    return { position, bytes: Math.max(0, cutPosition - position), nextOffset: baseOffset };
  }

  /** The batch at `position` alone. */
  batchAt(position: number): BatchPlace | undefined {
    return walkBatches(this.bytes, position).next().value ?? undefined;
  }

  batches(): Generator<BatchPlace, void, void> {
    return walkBatches(this.bytes, 0);
  }

  /** Walks from the last indexed batch whose `key` is not above `value` to the first that fits. */
  #from(keys: readonly number[], value: number, fits: (batch: BatchPlace) => boolean): BatchPlace | undefined {
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((keys[middle] as number) <= value) low = middle + 1;
      else high = middle;
    }
    for (const batch of walkBatches(this.bytes, this.#positions[Math.max(0, low - 1)] ?? 0))
      if (fits(batch)) return batch;
    return undefined;
  }
}
