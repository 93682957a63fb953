import type { StateFacts } from "./facts/batch-facts.ts";
import type { JobHistory } from "./job-history.ts";
import type { BatchInfo, BatchStall } from "./streaming-listener.ts";

/** One finished batch in short. Times in epoch ms, delays in ms. */
export interface BatchProgress {
  readonly batchTime: number;
  readonly numRecords: number;
  readonly schedulingDelay: number;
  readonly processingDelay: number;
  readonly totalDelay: number;
}

/** How a job is doing. */
export interface JobProgress {
  readonly batchesCompleted: number;
  /** Records of all completed batches. */
  readonly recordsProcessed: number;
  /** How often batches were run again. */
  readonly batchRetries: number;
  /** Kafka offsets of damaged batches that were left out, where `onCorruptBatch` is "skip". */
  readonly offsetsSkipped: number;
  /** Batches that are planned and wait for their turn. */
  readonly batchesWaiting: number;
  /** Records a second that came in, over the last ten batches or fewer; undefined before the first. */
  readonly inputRate: number | undefined;
  /** Records a second while batches ran, over the same; a job keeps up while this is the higher one. */
  readonly processingRate: number | undefined;
  /** Records that waited in Kafka and in receivers when the last batch was planned; undefined where no source knows. */
  readonly lag: number | undefined;
  /** Of the last batch, attempt at one, or receiver that failed. */
  readonly lastError: string | undefined;
  /** What makes no progress now; undefined while everything goes on. */
  readonly stall: BatchStall | undefined;
  readonly lastBatch: BatchProgress | undefined;
  /** The last batches, oldest first; at most 1,000. */
  readonly recentBatches: readonly BatchProgress[];
  /** Of each operator with state that has run. */
  readonly state: readonly StateFacts[];
}

/** Batches that rates are means of. */
const rateBatches = 10;

export function progressOf(job: JobHistory): JobProgress {
  const recentBatches = job.completed.map(batchProgress);
  const last = recentBatches.slice(-rateBatches);
  const numRecords = last.reduce((sum, batch) => sum + batch.numRecords, 0);
  const processingMs = last.reduce((sum, batch) => sum + batch.processingDelay, 0);
  return {
    batchesCompleted: job.batchesCompleted,
    recordsProcessed: job.recordsProcessed,
    batchRetries: job.batchRetries,
    offsetsSkipped: job.offsetsSkipped,
    batchesWaiting: job.batchesWaiting,
    inputRate: perSecond(numRecords, last.length * job.batchInterval),
    processingRate: perSecond(numRecords, processingMs),
    lag: job.lag,
    lastError: job.lastError,
    stall: job.stall,
    lastBatch: recentBatches.at(-1),
    recentBatches,
    state: job.state,
  };
}

function batchProgress(info: BatchInfo): BatchProgress {
  const { batchTime, numRecords, schedulingDelay = 0, processingDelay = 0, totalDelay = 0 } = info;
  return { batchTime, numRecords, schedulingDelay, processingDelay, totalDelay };
}

function perSecond(numRecords: number, ms: number): number | undefined {
  return ms > 0 ? (numRecords / ms) * 1_000 : undefined;
}
