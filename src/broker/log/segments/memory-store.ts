import type { Clock } from "../../../runtime/machine/clock.ts";
import { MemoryBytes } from "./memory-bytes.ts";
import { Segment } from "./segment.ts";
import type { SegmentStore } from "./segment-store.ts";

/** Segments in memory. */
export class MemoryStore implements SegmentStore {
  readonly maxSegmentBytes: number;
  readonly #clock: Clock;

  constructor(maxSegmentBytes: number, clock: Clock) {
    this.maxSegmentBytes = maxSegmentBytes;
    this.#clock = clock;
  }

  create(baseOffset: number, expectedBytes: number): Segment {
    return new Segment(baseOffset, new MemoryBytes(this.maxSegmentBytes, expectedBytes), this.#clock.now());
  }

  createAside(baseOffset: number, expectedBytes: number): Segment {
    return this.create(baseOffset, expectedBytes);
  }

  /** In no more memory than it needs. */
  replace(replaced: readonly Segment[], aside: Segment): Segment {
    const bytes = new MemoryBytes(aside.bytes.length, aside.bytes.length);
    bytes.append(aside.bytes.read(0, aside.bytes.length));
    return aside.movedTo(bytes, (replaced.at(-1) as Segment).createdMs);
  }

  checkpoint(): void {}
  delete(): void {}
}
