import type { SectionContent } from "./state-section.ts";

/** A snapshot has all entries of its buckets, a delta what one batch changed in them. */
export type StateFileKind = "snapshot" | "delta";

/**
 * What is known of a file of keyed state: what a task attempt returns, what manifests name. The checksum covers the file's
 * index, and the index has the length and checksum of every section, so a reader verifies whatever part it reads.
 */
export interface StateFile {
  /** Its name: of its batch and its content, so that attempts which write other content write other files. */
  readonly id: string;
  readonly kind: StateFileKind;
  readonly operator: string;
  /** Batch that wrote it. */
  readonly time: number;
  /** Buckets of the operator, and those that the file is about: `from` to `until`, without the last. */
  readonly buckets: number;
  readonly from: number;
  readonly until: number;
  /** Bytes. */
  readonly length: number;
  /** CRC-32C. */
  readonly crc: number;
  /** How its sections are laid out: for finding single keys in them, or, where it is missing, for being read into memory. */
  readonly layout?: "sorted";
  /** Files of the chain whose place this delta takes, in their order. */
  readonly merges?: readonly string[];
  /** Entries that the operator has more, or where it is negative fewer, since the batch that wrote the file; 0 where it only merges. */
  readonly added?: number;
}

/** What a writer decides about a file. */
export type NewStateFile = Omit<StateFile, "id" | "length" | "crc" | "merges" | "added">;

/** The bytes of one bucket in a file that is about to be written. */
export interface BucketSection {
  readonly bucket: number;
  readonly entries: number;
  readonly bytes: Uint8Array;
}

/** The entries of one bucket in a file that was read. */
export interface ReadSection extends SectionContent {
  readonly bucket: number;
}

/** Where files of keyed state are. */
export interface StateFiles {
  /** Whether the content of what is written can be had again, by any worker. */
  readonly isDurable: boolean;
  /** Resolves when the file is on the medium. @throws CHECKPOINT_UNAVAILABLE */
  write(file: NewStateFile, sections: Iterable<BucketSection>): Promise<StateFile>;
  /** Entries of the buckets from `from` to `until`, without the last, verified. @throws CHECKPOINT_CORRUPT, CHECKPOINT_UNAVAILABLE, WORKER_DIED */
  read(file: StateFile, from: number, until: number): AsyncIterable<ReadSection>;
}
