import type { OffsetRange, PartitionLag } from "../kafka/types.ts";
import type { BatchFacts, StateFacts } from "./facts/batch-facts.ts";

/** What a batch has of an input stream. */
export interface StreamInputInfo {
  readonly numRecords: number;
  /** Empty for streams that are not Kafka's. */
  readonly offsetRanges: readonly OffsetRange[];
  /** The consumer group of a Kafka stream. */
  readonly groupId?: string;
  /** Not in Spark: what was left for later batches, where that is known, partition by partition. Of a batch planned before a restart it is not. */
  readonly lags?: readonly PartitionLag[];
}

/** What is known of a batch. Delays are in milliseconds and present once they are known. */
export interface BatchInfo {
  readonly batchTime: number;
  /** By input stream: 0 for the first that the program made, and so on. One without an RDD in this batch is missing. */
  readonly streamIdToInputInfo: ReadonlyMap<number, StreamInputInfo>;
  /** When the batch was planned, epoch ms. */
  readonly submissionTime: number;
  readonly processingStartTime?: number;
  readonly processingEndTime?: number;
  /** From planned to started. */
  readonly schedulingDelay?: number;
  /** From started to done. */
  readonly processingDelay?: number;
  readonly totalDelay?: number;
  readonly numRecords: number;
  /** Records that were left for later batches when it was planned; missing where no source knows. */
  readonly lag?: number;
  /** The times in which it stood still, oldest first; of more than 20 the last. Missing where it did not. */
  readonly stalls?: readonly BatchStall[];
  /** By id; those that have begun. */
  readonly outputOperationInfos: ReadonlyMap<number, OutputOperationInfo>;
  /** Once it has ended, if it failed: then it is not committed, or it is not known to be, and the job ends. */
  readonly failureReason?: string;
  /** Once it has ended: its phases, stages, and what it read, moved and keeps. */
  readonly facts?: BatchFacts;
}

/** A time in which a batch made no progress: no task ended and nothing was heard of, for 10 s at least. */
export interface BatchStall {
  /** Undefined where it is the start of the job that stands still. */
  readonly batchTime: number | undefined;
  /** When it last came further, epoch ms. */
  readonly since: number;
  /** When it went on, epoch ms; undefined while it stands still. */
  readonly until: number | undefined;
  /** The place in the batch, and what is waited for as far as it is known: words for people, which may change. */
  readonly waitsFor: string;
}

export interface OutputOperationInfo {
  readonly batchTime: number;
  readonly id: number;
  readonly name: string;
  readonly startTime?: number;
  readonly endTime?: number;
  readonly failureReason?: string;
}

export interface ReceiverInfo {
  /** As in `streamIdToInputInfo`. */
  readonly streamId: number;
  readonly name: string;
  readonly active: boolean;
  readonly lastErrorMessage?: string;
}

/**
 * Spark's StreamingListener. Methods are called one at a time, in order. They may be async, but nothing waits for them. What they
 * throw or reject with is a warning (LISTENER_FAILED) and changes nothing.
 */
export interface StreamingListener {
  /** With the state that the job begins with. `batchInterval` is in milliseconds. */
  onStreamingStarted?(event: {
    readonly time: number;
    readonly batchInterval: number;
    readonly state: readonly StateFacts[];
  }): void;
  /** Not in Spark: the job can't go on. A batch that fails ends first, and then is heard of by `onBatchCompleted`. */
  onStreamingFailed?(event: { readonly time: number; readonly reason: string }): void;
  onBatchSubmitted?(event: { readonly batchInfo: BatchInfo }): void;
  onBatchStarted?(event: { readonly batchInfo: BatchInfo }): void;
  /** It has ended: committed, or with a `failureReason`. */
  onBatchCompleted?(event: { readonly batchInfo: BatchInfo }): void;
  /** Not in Spark: the batch failed for `reason` and is run again after a pause. `attempt` is 1 for the first time that it is. */
  onBatchRetried?(event: { readonly batchTime: number; readonly attempt: number; readonly reason: string }): void;
  /** Not in Spark: a batch that was submitted does not run, since the job ends. */
  onBatchDropped?(event: { readonly batchTime: number }): void;
  /** Not in Spark: the batch has made no progress for 10 s; again after 30 s, 90 s and so on, at least once an hour. */
  onBatchStalled?(event: { readonly stall: BatchStall }): void;
  /** Not in Spark: what stood still goes on, or has failed; `stall.until` says when. */
  onStallEnded?(event: { readonly stall: BatchStall }): void;
  onOutputOperationStarted?(event: { readonly outputOperationInfo: OutputOperationInfo }): void;
  onOutputOperationCompleted?(event: { readonly outputOperationInfo: OutputOperationInfo }): void;
  onReceiverStarted?(event: { readonly receiverInfo: ReceiverInfo }): void;
  onReceiverError?(event: { readonly receiverInfo: ReceiverInfo }): void;
  onReceiverStopped?(event: { readonly receiverInfo: ReceiverInfo }): void;
}
