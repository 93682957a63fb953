import type { OffsetRange } from "../../kafka/types.ts";
import type { BatchFacts } from "../../listeners/facts/batch-facts.ts";
import { withoutDetails as withoutTasks } from "../../listeners/facts/merge-task-facts.ts";
import type { BatchInfo, BatchStall } from "../../listeners/streaming-listener.ts";

export type BatchStatus = "waiting" | "running" | "completed" | "failed";

/** What a batch read of one input stream. */
export interface InputView {
  readonly streamId: number;
  readonly name: string;
  readonly records: number;
  /** Of a Kafka stream, for the last batches only. */
  readonly offsetRanges?: readonly OffsetRange[];
}

export interface OutputView {
  readonly id: number;
  readonly name: string;
  readonly startTime?: number;
  readonly endTime?: number;
  readonly failureReason?: string;
}

/** What is known of a batch, as JSON. Times are epoch ms, delays ms. */
export interface BatchView {
  readonly time: number;
  readonly status: BatchStatus;
  readonly records: number;
  readonly submissionTime: number;
  readonly processingStartTime?: number;
  readonly processingEndTime?: number;
  readonly schedulingDelay?: number;
  readonly processingDelay?: number;
  readonly totalDelay?: number;
  readonly inputs: readonly InputView[];
  readonly outputs: readonly OutputView[];
  readonly failureReason?: string;
  readonly stalls?: readonly BatchStall[];
  /** Records that sources left for later batches when it was planned. */
  readonly lag?: number;
  readonly facts?: BatchFacts;
}

/** Partitions above which offsets are not kept one by one. */
const maxRanges = 1_000;

/** What a listener was told of a batch, with the names of the job's input streams. */
export function batchView(info: BatchInfo, status: BatchStatus, inputNames: readonly string[]): BatchView {
  const { batchTime: time, streamIdToInputInfo, outputOperationInfos, numRecords: records, ...rest } = info;
  const inputs = [...streamIdToInputInfo].map(([streamId, { numRecords, offsetRanges }]) => ({
    streamId,
    name: inputNames[streamId] ?? `stream ${streamId}`,
    records: numRecords,
    ...(offsetRanges.length > 0 && offsetRanges.length <= maxRanges && { offsetRanges }),
  }));
  const outputs = [...outputOperationInfos.values()].map(({ batchTime: _, ...output }) => output);
  return { time, status, records, ...rest, inputs, outputs };
}

/** The same without what is kept for the last batches only. */
export function withoutDetails(batch: BatchView): BatchView {
  const { facts, inputs } = batch;
  return {
    ...batch,
    inputs: inputs.map(({ offsetRanges: _, ...input }) => input),
    ...(facts && { facts: withoutTasks(facts) }),
  };
}
