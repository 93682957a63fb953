import type { OffsetRange, PartitionLag } from "../kafka/types.ts";
import type { SourceInput } from "./source-input.ts";

/** What a source gives to one batch. */
export interface SourceBatch {
  /** One for each partition, also for those with nothing new. */
  readonly inputs: readonly SourceInput[];
  readonly numRecords: number;
  /** Empty for sources without offsets. */
  readonly offsetRanges: readonly OffsetRange[];
  /** Records that were there and are left for later batches, where the source knows. */
  readonly lag?: number;
  /** The same by partition, of Kafka. */
  readonly lags?: readonly PartitionLag[];
  /** The group in whose name it reads, of Kafka. */
  readonly groupId?: string;
  /**
   * What the checkpoint keeps of this part, as JSON: enough to read the same again, and to know where the next batch begins.
   * Left out by sources that have nothing to say.
   */
  readonly saved?: unknown;
}

/** What sources said of their parts of a batch (SourceBatch.saved), by the name of the source. */
export type SavedInputs = Readonly<Record<string, unknown>>;

/** Where a stream stood that the program gave up. */
export interface LeftPosition {
  /** The stream's name. */
  readonly name: string;
  readonly saved: unknown;
}

/** What a checkpoint kept of sources' parts, for a job that goes on from it. */
export interface Resume {
  /** Of the source that has the name now, which may be another one than had it then; undefined when it knows of none. */
  readonly saved: unknown;
  /** The same of every source, by name. */
  readonly all: Readonly<Record<string, unknown>>;
  /** Where streams stood that the program gave up, but for what it takes up again by the name that it gives this source. */
  readonly left: readonly LeftPosition[];
}

/** The driver's side of a source: decides what belongs to a batch. */
export interface SourceDriver {
  /** Id of the source's node in the plan. */
  readonly nodeId: number;
  /**
   * Gets ready, on a cluster that runs `slots` tasks at once, behind the last parts that were planned; returns how many partitions
   * the source has now.
   *
   * @throws POSITION_GIVEN_UP where it would go on at a position that is left.
   */
  start(slots: number, resume: Resume | undefined): Promise<number>;
  /** What of a position that a checkpoint kept is none of this source's, once it has started; undefined when all of it is. */
  leftOver(saved: unknown): unknown;
  /** The next batch's part; undefined when the source has no RDD for it. */
  plan(time: number): Promise<SourceBatch | undefined>;
  /** The part of a batch that was planned before a restart, from what the checkpoint kept of that batch. Called before `plan`. */
  again(time: number, planned: Resume): Promise<SourceBatch | undefined>;
  /** The batch that had this part is committed. The next batch waits for this: what may take its time goes on in the background. */
  committed(batch: SourceBatch): Promise<void>;
  /** Resolves when what `committed` left to the background is done, or has taken too long. */
  settled?(): Promise<void>;
  /**
   * Takes no more data in, and says whether some is left for another batch. What is on its way may take its time: batches go on
   * meanwhile.
   */
  drain(): Promise<boolean>;
  stop(): Promise<void>;
}
