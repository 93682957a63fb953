import { invalidOption } from "../errors/checks/check-options.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import { batchOf, sliceRows } from "./slices.ts";
import type { Resume, SourceBatch, SourceDriver } from "./source-driver.ts";

/** Something whose rows can be had: an RDD. */
interface Collectable {
  collect(): Promise<readonly unknown[]>;
  /** The rows of each partition. */
  glom(): { collect(): Promise<readonly (readonly unknown[])[]> };
}
export type QueueEntry = readonly unknown[] | Collectable | null;

/** @throws INVALID_OPTION; without what it saw, which may be somebody's data. */
export function checkQueueEntry(what: string, entry: QueueEntry): void {
  if (entry === null || Array.isArray(entry) || typeof (entry as Partial<Collectable>)?.collect === "function") return;
  throw invalidOption(what, typeof entry, "an array of rows, an RDD or null");
}

export interface QueueSourceOptions {
  /** Take one entry a batch (default), or all that are queued. */
  readonly oneAtATime: boolean;
  /** For batches that find the queue empty; null: no RDD. */
  readonly fallback: QueueEntry;
  /** Partitions of each RDD; undefined: those that it has, and of arrays one for each slot of the cluster. */
  readonly numPartitions: number | undefined;
}

/** Spark's queueStream: the driver takes entries from a queue that the program owns and may add to. */
export class QueueSource implements SourceDriver {
  readonly nodeId: number;
  readonly #queue: QueueEntry[];
  readonly #options: QueueSourceOptions;
  #numPartitions = 1;

  constructor(nodeId: number, queue: QueueEntry[], options: QueueSourceOptions) {
    this.nodeId = nodeId;
    this.#queue = queue;
    this.#options = options;
  }

  /** @throws NOT_SUPPORTED for a job that goes on from a checkpoint: what was in the queue then is gone. */
  async start(slots: number, resume: Resume | undefined): Promise<number> {
    if (resume !== undefined) {
      throw new DStreamError(
        "NOT_SUPPORTED",
        "queueStream doesn't support checkpointing: a job that uses it cannot be resumed, since what was in the queue is gone; start it with an empty folder, or without checkpointDir",
      );
    }
    this.#numPartitions = this.#options.numPartitions ?? slots;
    return this.#numPartitions;
  }

  leftOver(saved: unknown): unknown {
    return saved;
  }

  async plan(): Promise<SourceBatch | undefined> {
    const { oneAtATime, fallback } = this.#options;
    const taken = this.#queue.splice(0, oneAtATime ? 1 : this.#queue.length);
    for (const entry of taken) checkQueueEntry("an entry of queueStream's queue", entry);
    const entries = (taken.length === 0 ? [fallback] : taken).filter((entry) => entry !== null);
    if (entries.length === 0) return undefined;
    const rdds = entries.filter((entry) => "collect" in entry);
    if (rdds.length === entries.length && this.#options.numPartitions === undefined) {
      return batchOf(this.nodeId, (await Promise.all(rdds.map((rdd) => rdd.glom().collect()))).flat());
    }
    const rows = await Promise.all(entries.map((entry) => ("collect" in entry ? entry.collect() : entry)));
    return sliceRows(this.nodeId, rows.flat(), this.#numPartitions);
  }

  async again(): Promise<undefined> {
    return undefined;
  }

  async committed(): Promise<void> {}

  async drain(): Promise<boolean> {
    return false;
  }

  async stop(): Promise<void> {}
}
