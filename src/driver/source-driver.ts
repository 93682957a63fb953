import type { OffsetRange } from "../kafka/types.ts";
import type { SourceInput } from "../task/task-spec.ts";

/** What a source gives to one batch. */
export interface SourceBatch {
  /** One for each partition, also for those with nothing new. */
  readonly inputs: readonly SourceInput[];
  readonly numRecords: number;
  /** Empty for sources without offsets. */
  readonly offsetRanges: readonly OffsetRange[];
}

/** The driver's side of a source: decides what belongs to a batch. */
export interface SourceDriver {
  /** Id of the source's node in the plan. */
  readonly nodeId: number;
  /** Gets ready, on a cluster that runs `slots` tasks at once; returns how many partitions the source has now. */
  start(slots: number): Promise<number>;
  /** The next batch's part; undefined when the source has no RDD for it. */
  plan(time: number): Promise<SourceBatch | undefined>;
  /** The batch that had this part is committed. */
  committed(batch: SourceBatch): Promise<void>;
  /** Takes no more data in, and says whether some is left for another batch. */
  drain(): boolean;
  stop(): Promise<void>;
}
