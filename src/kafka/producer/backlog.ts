import type { BatchEvents, ProducerBatch } from "./producer-batch.ts";

interface FlushWaiter {
  /** Batches of a lower order are waited for. */
  readonly before: number;
  remaining: number;
  readonly resolve: () => void;
}

/** Everything a producer has accepted and not yet settled: its size, who waits for room, and who waits for its end. */
export class Backlog implements BatchEvents {
  readonly #bytesMax: number;
  readonly #open = new Set<ProducerBatch>();
  readonly #flushes = new Set<FlushWaiter>();
  #bytes = 0;
  #nextOrder = 0;
  #room: PromiseWithResolvers<void> | undefined;
  #lost: Error | undefined;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The order of the next new batch; whole numbers, so that the parts of a split fit in between. */
  takeOrder(): number {
    return this.#nextOrder++;
  }

  opened(batch: ProducerBatch): void {
    this.#open.add(batch);
    this.grew(batch.bytes);
  }

  grew(bytes: number): void {
    this.#bytes += bytes;
  }

  settled(batch: ProducerBatch, error: Error | undefined): void {
    this.#lost ??= error;
    this.#remove(batch);
    for (const waiter of this.#flushes) {
      if (batch.order < waiter.before && --waiter.remaining === 0) {
        this.#flushes.delete(waiter);
        waiter.resolve();
      }
    }
  }

  split(batch: ProducerBatch, parts: readonly ProducerBatch[]): void {
    for (const part of parts) this.opened(part);
    this.#remove(batch);
    for (const waiter of this.#flushes) {
      if (batch.order < waiter.before) waiter.remaining += parts.length - 1;
    }
  }

  /** Undefined while there is room; else resolves when half of the limit is free again. */
  room(): Promise<void> | undefined {
    if (this.#bytes <= this.#bytesMax) return undefined;
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  /** Resolves when every batch of now is settled. */
  settledSoFar(): Promise<void> {
    const remaining = this.#open.size;
    if (remaining === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#flushes.add({ before: this.#nextOrder, remaining, resolve });
    });
  }

  /** Why records that nobody waits for were lost, the first time since the last call. */
  takeLoss(): Error | undefined {
    const lost = this.#lost;
    this.#lost = undefined;
    return lost;
  }

  /** A record was lost before it got into a batch. */
  noteLoss(error: Error): void {
    this.#lost ??= error;
  }

  #remove(batch: ProducerBatch): void {
    this.#open.delete(batch);
    this.#bytes -= batch.bytes;
    if (this.#room === undefined || this.#bytes > this.#bytesMax / 2) return;
    this.#room.resolve();
    this.#room = undefined;
  }
}
