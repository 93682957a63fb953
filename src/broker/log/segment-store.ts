import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FileBytes } from "./file-bytes.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import { Segment } from "./segment.ts";
import { MemoryBytes } from "./segment-bytes.ts";

/** Where the segments of one partition are kept. */
export interface SegmentStore {
  /** A new, empty segment with room for a batch of `batchBytes`. `drop` is called when the store wants it gone. */
  create(baseOffset: number, batchBytes: number, drop: (segment: Segment) => void): Segment;
  /** What an earlier broker left, in order. */
  existing(): Segment[];
  /** After the segment's bytes were removed. */
  removed(segment: Segment): void;
  /** The whole partition is deleted. */
  clear(): void;
}

const smallestBlockBytes = 16 * 1024;
const largestBlockBytes = 4 * 1024 * 1024;

/** Blocks that double from 16 KiB to 4 MiB, so that a quiet partition costs little and a busy one has few segments. */
export class MemorySegments implements SegmentStore {
  readonly #budget: MemoryBudget;
  #blockBytes = smallestBlockBytes;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  create(baseOffset: number, batchBytes: number, drop: (segment: Segment) => void): Segment {
    const capacity = Math.max(this.#blockBytes, batchBytes);
    this.#blockBytes = Math.min(2 * this.#blockBytes, largestBlockBytes, this.#budget.maxBytes / 16);
    const segment = new Segment(new MemoryBytes(capacity), baseOffset);
    this.#budget.admit(segment, capacity, () => drop(segment));
    return segment;
  }

  existing(): Segment[] {
    return [];
  }

  removed(segment: Segment): void {
    this.#budget.release(segment);
  }

  clear(): void {}
}

/** Files named for their first offset in 20 digits, as Kafka names them. */
export class FileSegments implements SegmentStore {
  readonly #dir: string;
  readonly #segmentBytes: number;

  constructor(dir: string, segmentBytes: number) {
    this.#dir = dir;
    this.#segmentBytes = segmentBytes;
  }

  create(baseOffset: number): Segment {
    mkdirSync(this.#dir, { recursive: true });
    const path = join(this.#dir, `${String(baseOffset).padStart(20, "0")}.log`);
    return new Segment(new FileBytes(path, this.#segmentBytes), baseOffset);
  }

  existing(): Segment[] {
    mkdirSync(this.#dir, { recursive: true });
    const names = readdirSync(this.#dir).filter((name) => /^\d{20}\.log$/.test(name));
    return names.sort().map((name) => this.create(Number(name.slice(0, 20))));
  }

  removed(): void {}

  clear(): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
