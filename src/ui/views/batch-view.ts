import type { OffsetRange } from "../../kafka/types.ts";
import type { BatchFacts } from "../../listeners/facts/batch-facts.ts";
import type { JobHistory } from "../../listeners/job-history.ts";
import type { BatchInfo, BatchStall, OutputOperationInfo } from "../../listeners/streaming-listener.ts";

/** Of batches that wait; how many there are is said, too. */
const maxShownWaiting = 200;
const maxRanges = 1_000;
const largestRanges = 200;

export type BatchStatus = "waiting" | "running" | "completed" | "failed";

/** Whether a batch has ended, well or not. */
export const isOver = (status: BatchStatus): boolean => status === "completed" || status === "failed";

/** A batch and how far it is. */
export interface StatedBatch {
  readonly info: BatchInfo;
  readonly status: BatchStatus;
}

/** What a batch read of one input stream. */
export interface InputView {
  readonly streamId: number;
  readonly name: string;
  readonly records: number;
  /** Of a Kafka stream, for the last batches only; else 0. */
  readonly numPartitions: number;
  /** Of its partitions; where they are more than 1,000, the 200 with the most records. */
  readonly offsetRanges: readonly OffsetRange[];
}

export type OutputView = Omit<OutputOperationInfo, "batchTime">;

/** All that is known of a batch, as JSON. Times are epoch ms, delays ms. */
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
  readonly lag?: number;
  readonly inputs: readonly InputView[];
  readonly outputs: readonly OutputView[];
  readonly failureReason?: string;
  readonly stalls?: readonly BatchStall[];
  readonly facts?: BatchFacts;
}

/** All batches that are kept, newest first, as Spark lists them. */
export function batchesOf(history: JobHistory): StatedBatch[] {
  return batchesWith(history, history.waiting).sort((a, b) => b.info.batchTime - a.info.batchTime);
}

/** What lists and charts show, oldest first: of a job that fell far behind only those that run next. */
export function shownBatches(history: JobHistory): StatedBatch[] {
  const next = history.waiting.slice(0, maxShownWaiting);
  return batchesWith(history, next).sort((a, b) => a.info.batchTime - b.info.batchTime);
}

function batchesWith(history: JobHistory, next: readonly BatchInfo[]): StatedBatch[] {
  const ended = history.ended.map((info): StatedBatch => {
    return { info, status: info.failureReason === undefined ? "completed" : "failed" };
  });
  const running = history.running.map((info): StatedBatch => ({ info, status: "running" }));
  const waiting = next.map((info): StatedBatch => ({ info, status: "waiting" }));
  return [...ended, ...running, ...waiting];
}

/** Of a time that ran again after a restart the last one. */
export function batchAt(history: JobHistory, time: number): StatedBatch | undefined {
  return batchesOf(history).find(({ info }) => info.batchTime === time);
}

export function batchView({ info, status }: StatedBatch, inputNames: readonly string[]): BatchView {
  const { batchTime: time, streamIdToInputInfo, outputOperationInfos, numRecords: records, ...rest } = info;
  const inputs = [...streamIdToInputInfo].map(([streamId, { numRecords, offsetRanges }]) => {
    const name = inputNames[streamId] ?? `stream ${streamId}`;
    const numPartitions = offsetRanges.length;
    return { streamId, name, records: numRecords, numPartitions, offsetRanges: largest(offsetRanges) };
  });
  const outputs = [...outputOperationInfos.values()].map(({ batchTime: _, ...output }) => output);
  return { time, status, records, ...rest, inputs, outputs };
}

function largest(ranges: readonly OffsetRange[]): readonly OffsetRange[] {
  if (ranges.length <= maxRanges) return ranges;
  const numRecords = ({ fromOffset, untilOffset }: OffsetRange): number => untilOffset - fromOffset;
  return ranges.toSorted((a, b) => numRecords(b) - numRecords(a)).slice(0, largestRanges);
}
