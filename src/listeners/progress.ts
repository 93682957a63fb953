import { bytesOf, type Manifest } from "../state/manifest.ts";
import type { BatchInfo, BatchStall } from "./streaming-listener.ts";

/** One finished batch in short. Times in epoch ms, delays in ms. */
export interface BatchProgress {
  readonly batchTime: number;
  readonly numRecords: number;
  readonly schedulingDelay: number;
  readonly processingDelay: number;
  readonly totalDelay: number;
}

/** Keyed state of one operator, behind the last batch. */
export interface StateProgress {
  readonly operator: string;
  /** Keys that have state, or panes of a window; undefined behind a checkpoint of an earlier version, which did not count them. */
  readonly entries: number | undefined;
  /** Bytes in files; 0 where there are none. */
  readonly bytes: number;
}

/** How a job is doing. */
export interface JobProgress {
  readonly batchesCompleted: number;
  /** Records of all completed batches. */
  readonly recordsProcessed: number;
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
  /** Of the last batch or receiver that failed. */
  readonly lastError: string | undefined;
  /** What makes no progress now; undefined while everything goes on. */
  readonly stall: BatchStall | undefined;
  readonly lastBatch: BatchProgress | undefined;
  /** The last batches, oldest first; at most 1,000. */
  readonly recentBatches: readonly BatchProgress[];
  /** Of each operator with state that has run. */
  readonly state: readonly StateProgress[];
}

const maxRecent = 1_000;
/** Batches that rates are means of. */
const rateBatches = 10;

/** Of a job that has not begun. */
export const noProgress: JobProgress = {
  batchesCompleted: 0,
  recordsProcessed: 0,
  offsetsSkipped: 0,
  batchesWaiting: 0,
  inputRate: undefined,
  processingRate: undefined,
  lag: undefined,
  lastError: undefined,
  stall: undefined,
  lastBatch: undefined,
  recentBatches: [],
  state: [],
};

export class ProgressTracker {
  readonly #batchIntervalMs: number;
  #batchesCompleted = 0;
  #recordsProcessed = 0;
  #offsetsSkipped = 0;
  #lag: number | undefined;
  #lastError: string | undefined;
  readonly #recent: BatchProgress[] = [];

  constructor(batchIntervalMs: number) {
    this.#batchIntervalMs = batchIntervalMs;
  }

  get batchesCompleted(): number {
    return this.#batchesCompleted;
  }

  planned(lag: number | undefined): void {
    this.#lag = lag;
  }

  failed(message: string): void {
    this.#lastError = message;
  }

  completed(info: BatchInfo, offsetsSkipped: number): void {
    const { batchTime, numRecords, schedulingDelay = 0, processingDelay = 0, totalDelay = 0 } = info;
    this.#batchesCompleted++;
    this.#recordsProcessed += numRecords;
    this.#offsetsSkipped += offsetsSkipped;
    this.#recent.push({ batchTime, numRecords, schedulingDelay, processingDelay, totalDelay });
    if (this.#recent.length > maxRecent) this.#recent.shift();
  }

  snapshot(batchesWaiting: number, manifest: Manifest, stall: BatchStall | undefined): JobProgress {
    const last = this.#recent.slice(-rateBatches);
    const numRecords = last.reduce((sum, batch) => sum + batch.numRecords, 0);
    const processingMs = last.reduce((sum, batch) => sum + batch.processingDelay, 0);
    return {
      batchesCompleted: this.#batchesCompleted,
      recordsProcessed: this.#recordsProcessed,
      offsetsSkipped: this.#offsetsSkipped,
      batchesWaiting,
      inputRate: perSecond(numRecords, last.length * this.#batchIntervalMs),
      processingRate: perSecond(numRecords, processingMs),
      lag: this.#lag,
      lastError: this.#lastError,
      stall,
      lastBatch: this.#recent.at(-1),
      recentBatches: [...this.#recent],
      state: manifest.map((state) => ({
        operator: state.operator,
        entries: state.entries,
        bytes: bytesOf([state]),
      })),
    };
  }
}

function perSecond(numRecords: number, ms: number): number | undefined {
  return ms > 0 ? (numRecords / ms) * 1_000 : undefined;
}
