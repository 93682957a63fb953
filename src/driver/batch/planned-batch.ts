import type { BatchInfo, BatchStall } from "../../listeners/streaming-listener.ts";
import type { Parallelism } from "../../plan/plan.ts";
import type { SourceBatch } from "../../sources/source-driver.ts";

/** A batch whose input is decided. Running it again reads the same input. */
export interface PlannedBatch {
  readonly time: number;
  /** By source node; a source without an RDD for this batch is missing. */
  readonly sources: ReadonlyMap<number, SourceBatch>;
  /** When it was planned, epoch ms of the job's clock. */
  readonly submissionTime: number;
  /** The times in which its plan stood still. */
  readonly stalls?: readonly BatchStall[];
  /** What decided its partitions when it was planned, where that was before a restart and the checkpoint knows it. */
  readonly parallelism?: Parallelism;
}

/** Records that sources left for later batches; undefined when none of them knows. */
export function lagOf({ sources }: PlannedBatch): number | undefined {
  const known = [...sources.values()].flatMap(({ lag }) => lag ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, lag) => sum + lag, 0);
}

/** What is known of a batch besides its input. */
interface BatchFacts {
  /** Of the job: the first is stream 0, and so on. */
  readonly sources: readonly { readonly nodeId: number }[];
  readonly processingStartTime?: number;
  readonly processingEndTime?: number;
  readonly outputOperationInfos?: BatchInfo["outputOperationInfos"];
  /** Those of its run. */
  readonly stalls?: readonly BatchStall[];
}

/** What listeners hear of a batch, with the delays that are known when it was started, and when it ended. */
export function batchInfo(
  batch: PlannedBatch,
  { sources, processingStartTime, processingEndTime, outputOperationInfos = new Map(), stalls = [] }: BatchFacts,
): BatchInfo {
  const { time: batchTime, submissionTime, stalls: ofPlan = [] } = batch;
  const inputs = sources.flatMap(({ nodeId }, streamId) => {
    const part = batch.sources.get(nodeId);
    if (part === undefined) return [];
    const { numRecords, offsetRanges } = part;
    return [[streamId, { numRecords, offsetRanges }] as const];
  });
  return {
    batchTime,
    submissionTime,
    streamIdToInputInfo: new Map(inputs),
    numRecords: inputs.reduce((sum, [, { numRecords }]) => sum + numRecords, 0),
    outputOperationInfos,
    ...(ofPlan.length + stalls.length > 0 && { stalls: [...ofPlan, ...stalls] }),
    ...(processingStartTime !== undefined && {
      processingStartTime,
      schedulingDelay: processingStartTime - submissionTime,
    }),
    ...(processingStartTime !== undefined &&
      processingEndTime !== undefined && {
        processingEndTime,
        processingDelay: processingEndTime - processingStartTime,
        totalDelay: processingEndTime - submissionTime,
      }),
  };
}
