const leastSegmentBytes = 16 * 1024;
const mostSegmentBytes = 1024 * 1024;
/** Segments are dropped whole, so there should be some before memory is full. */
const segmentsInBound = 32;

/** How much memory all logs together hold, and may hold. */
export class MemoryUse {
  readonly limitBytes: number;
  readonly segmentBytes: number;
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
    this.segmentBytes = Math.min(
      mostSegmentBytes,
      Math.max(leastSegmentBytes, Math.ceil(limitBytes / segmentsInBound)),
    );
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get isOver(): boolean {
    return this.#usedBytes > this.limitBytes;
  }

  add(bytes: number): void {
    this.#usedBytes += bytes;
  }
}
