import type { AbortedRange, ProducersSnapshot } from "../producer-table.ts";
import type { Segment } from "./segment.ts";

/** What is known at a segment's end, or at the end of what it has so far. */
export interface SegmentState {
  /** Bytes of the segment that this is about. */
  readonly bytes: number;
  readonly nextOffset: number;
  readonly maxTimestamp: number;
  readonly createdMs: number;
  readonly producers: ProducersSnapshot;
  /** Transactions that ended in an abort in this segment. */
  readonly aborted: readonly AbortedRange[];
}

/** Where the segments of one partition are: in memory, or in a folder. */
export interface SegmentStore {
  /** A segment is not made larger than this, whatever the topic's configuration says. */
  readonly maxSegmentBytes: number;
  /** @param expectedBytes what will probably be appended to it. */
  create(baseOffset: number, expectedBytes: number): Segment;
  /** Keeps what is known, so that a restart need not read the segment. */
  checkpoint(segment: Segment, producers: ProducersSnapshot, aborted: readonly AbortedRange[]): void;
  delete(segment: Segment): void;
  /** A segment beside the others, to take the place of some of them. */
  createAside(baseOffset: number, expectedBytes: number): Segment;
  /**
   * Puts a segment that was made aside in the place of those whose offsets it covers. Whatever a crash leaves behind, a restart finds
   * all of these or it alone. Returns it as it is to be used from now on.
   */
  replace(replaced: readonly Segment[], aside: Segment, aborted: readonly AbortedRange[]): Segment;
}
