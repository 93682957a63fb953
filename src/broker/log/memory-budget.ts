import type { Segment } from "./segment.ts";

/** Bounds the memory of all logs: above `maxBytes` the oldest segment goes, whichever partition it belongs to. */
export class MemoryBudget {
  readonly maxBytes: number;
  /** In the order of their age, with what drops them. */
  readonly #segments = new Map<Segment, { readonly bytes: number; readonly drop: () => void }>();
  #usedBytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Counts a new segment of `bytes` and drops as many old ones as it needs; the new one itself always stays. */
  admit(segment: Segment, bytes: number, drop: () => void): void {
    this.#segments.set(segment, { bytes, drop });
    this.#usedBytes += bytes;
    for (const [oldest, entry] of this.#segments) {
      if (this.#usedBytes <= this.maxBytes || oldest === segment) return;
      entry.drop();
      this.release(oldest);
    }
  }

  release(segment: Segment): void {
    this.#usedBytes -= this.#segments.get(segment)?.bytes ?? 0;
    this.#segments.delete(segment);
  }
}
