import { setTimeout as delay } from "node:timers/promises";

/** How long others wait for the request that began first, when there is no room beside it. */
const patienceMs = 1_000;

interface Held {
  bytes: number;
  readonly giveUp: () => void;
}

/**
 * Memory of requests that are not stored yet, of all connections together. Beyond the limit only the request that began first goes on;
 * the others wait for it, and it gives up when it keeps them waiting: a sender in haste is not held up by one that is not.
 */
export class UnreadBytes {
  readonly #limit: number;
  /** Of requests that are being read, in the order in which they began. */
  readonly #reading = new Map<object, Held>();
  /** Of those that are whole. */
  readonly #whole = new Map<object, number>();
  #total = 0;
  #released: AbortController | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** `holder` has so many bytes of a request now. Resolves when it may read on, or was told to give up. */
  async grow(holder: object, bytes: number, giveUp: () => void): Promise<void> {
    const held = this.#reading.get(holder);
    this.#total += bytes - (held?.bytes ?? 0);
    if (held === undefined) this.#reading.set(holder, { bytes, giveUp });
    else held.bytes = bytes;
    while (this.#total > this.#limit && this.#reading.has(holder)) {
      const [first] = this.#reading;
      if (first === undefined || first[0] === holder) return;
      if (await this.#isReleased()) continue;
      if (!this.#reading.has(first[0])) continue;
      this.release(first[0]);
      first[1].giveUp();
    }
  }

  /** The request of `holder` is whole, and waits to be stored. */
  finish(holder: object): void {
    const bytes = this.#reading.get(holder)?.bytes;
    if (bytes === undefined) return;
    this.#reading.delete(holder);
    this.#whole.set(holder, bytes);
    this.#tell();
  }

  release(holder: object): void {
    this.#total -= this.#reading.get(holder)?.bytes ?? this.#whole.get(holder) ?? 0;
    this.#reading.delete(holder);
    this.#whole.delete(holder);
    this.#tell();
  }

  #tell(): void {
    this.#released?.abort();
    this.#released = undefined;
  }

  /** Whether something changed before the patience of those who wait is at its end. */
  async #isReleased(): Promise<boolean> {
    this.#released ??= new AbortController();
    const { signal } = this.#released;
    await delay(patienceMs, undefined, { signal }).catch(() => {});
    return signal.aborted;
  }
}
