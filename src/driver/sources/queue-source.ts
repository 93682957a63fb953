import type { SourceBatch, SourceDriver } from "../source-driver.ts";
import { sliceRows } from "./slices.ts";

/** Something whose rows can be had: an RDD. */
interface Collectable {
  collect(): Promise<readonly unknown[]>;
}
export type QueueEntry = readonly unknown[] | Collectable | null;

export interface QueueSourceOptions {
  /** Take one entry a batch (default), or all that are queued. */
  readonly oneAtATime: boolean;
  /** For batches that find the queue empty; null: no RDD. */
  readonly fallback: QueueEntry;
  readonly numPartitions: number;
}

/** Spark's queueStream: the driver takes entries from a queue that the program owns and may add to. */
export class QueueSource implements SourceDriver {
  readonly nodeId: number;
  readonly #queue: QueueEntry[];
  readonly #options: QueueSourceOptions;

  constructor(nodeId: number, queue: QueueEntry[], options: QueueSourceOptions) {
    this.nodeId = nodeId;
    this.#queue = queue;
    this.#options = options;
  }

  async start(): Promise<number> {
    return this.#options.numPartitions;
  }

  async plan(): Promise<SourceBatch | undefined> {
    const { oneAtATime, fallback, numPartitions } = this.#options;
    const taken = this.#queue.splice(0, oneAtATime ? 1 : this.#queue.length);
    const entries = (taken.length === 0 ? [fallback] : taken).filter((entry) => entry !== null);
    if (entries.length === 0) return undefined;
    const rows = await Promise.all(entries.map((entry) => ("collect" in entry ? entry.collect() : entry)));
    return sliceRows(this.nodeId, rows.flat(), numPartitions);
  }

  async committed(): Promise<void> {}

  drain(): boolean {
    return false;
  }

  async stop(): Promise<void> {}
}
