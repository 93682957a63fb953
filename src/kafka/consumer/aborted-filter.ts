import type { AbortedTransaction } from "../client/requests/fetch.ts";
import { type BatchHeader, nextOffset } from "../record-batch/batch-header.ts";

/**
 * Tells which batches of a fetch response belong to aborted transactions, as Kafka's Java client does: a producer's batches are
 * aborted from the first offset of an aborted transaction on, until the marker that ends it. Markers outside the response
 * need no care, since each response lists the transactions that concern its own offsets.
 */
export class AbortedFilter {
  readonly #upcoming: AbortedTransaction[];
  readonly #active = new Set<number>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#upcoming = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  }

  /** To be called for every batch, in order. Whether its records are to be left out. */
  isAborted(header: BatchHeader): boolean {
    for (
      let next = this.#upcoming[0];
      next !== undefined && next.firstOffset < nextOffset(header);
      next = this.#upcoming[0]
    ) {
      this.#active.add(next.producerId);
      this.#upcoming.shift();
    }
    return header.isTransactional && !header.isControl && this.#active.has(header.producerId);
  }

  /** Whether batches of the producer are left out now, so that the type of a control batch of it counts. */
  isActive(producerId: number): boolean {
    return this.#active.has(producerId);
  }

  /** A transaction of the producer ended in an abort. */
  abortEnded(producerId: number): void {
    this.#active.delete(producerId);
  }
}
