import { MemoryBytes } from "./memory-bytes.ts";
import { Segment } from "./segment.ts";
import type { SegmentStore } from "./segment-store.ts";

/** Segments in memory. */
export class MemoryStore implements SegmentStore {
  readonly maxSegmentBytes: number;

  constructor(maxSegmentBytes: number) {
    this.maxSegmentBytes = maxSegmentBytes;
  }

  create(baseOffset: number, expectedBytes: number): Segment {
    return new Segment(baseOffset, new MemoryBytes(this.maxSegmentBytes, expectedBytes), Date.now());
  }

  checkpoint(): void {}
  delete(): void {}
}
