import { sliceRows } from "../../sources/slices.ts";
import type { SourceBatch, SourceDriver } from "../../sources/source-driver.ts";

export interface TimedSourceOptions {
  /** Entry i is the batch at `startTime` + (i + 1) × `batchInterval`; null: no RDD. Behind the last entry come empty batches. */
  readonly entries: readonly (readonly unknown[] | null)[];
  /** Epoch ms. */
  readonly startTime: number;
  /** Milliseconds. */
  readonly batchInterval: number;
  readonly numPartitions: number;
}

/** The input of a test job: the batch's time says which entry it gets, so that a job that goes on from a checkpoint gets the same. */
export class TimedSource implements SourceDriver {
  readonly nodeId: number;
  readonly #options: TimedSourceOptions;

  constructor(nodeId: number, options: TimedSourceOptions) {
    this.nodeId = nodeId;
    this.#options = options;
  }

  async start(): Promise<number> {
    return this.#options.numPartitions;
  }

  leftOver(saved: unknown): unknown {
    return saved;
  }

  async plan(time: number): Promise<SourceBatch | undefined> {
    const { entries, startTime, batchInterval, numPartitions } = this.#options;
    const entry = entries[(time - startTime) / batchInterval - 1];
    return entry === null ? undefined : sliceRows(this.nodeId, entry ?? [], numPartitions);
  }

  again(time: number): Promise<SourceBatch | undefined> {
    return this.plan(time);
  }

  async committed(): Promise<void> {}

  async drain(): Promise<boolean> {
    return false;
  }

  async stop(): Promise<void> {}
}
