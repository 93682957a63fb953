import type { BatchInfo } from "./listener.ts";

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
  /** Batches that are planned and wait for their turn. */
  readonly batchesWaiting: number;
  readonly lastBatch: BatchProgress | undefined;
  /** The last batches, oldest first; at most 1,000. */
  readonly recentBatches: readonly BatchProgress[];
}

const maxRecent = 1_000;

export class ProgressTracker {
  #batchesCompleted = 0;
  #recordsProcessed = 0;
  readonly #recent: BatchProgress[] = [];

  get batchesCompleted(): number {
    return this.#batchesCompleted;
  }

  completed(info: BatchInfo): void {
    const { batchTime, numRecords, schedulingDelay = 0, processingDelay = 0, totalDelay = 0 } = info;
    this.#batchesCompleted++;
    this.#recordsProcessed += numRecords;
    this.#recent.push({ batchTime, numRecords, schedulingDelay, processingDelay, totalDelay });
    if (this.#recent.length > maxRecent) this.#recent.shift();
  }

  snapshot(batchesWaiting: number): JobProgress {
    return {
      batchesCompleted: this.#batchesCompleted,
      recordsProcessed: this.#recordsProcessed,
      batchesWaiting,
      lastBatch: this.#recent.at(-1),
      recentBatches: [...this.#recent],
    };
  }
}
