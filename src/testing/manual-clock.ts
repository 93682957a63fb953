import { checkNumber } from "../errors/checks/check-number.ts";
import { markCopy } from "../errors/package-copy.ts";
import type { SteppedClock } from "../runtime/machine/clock.ts";

interface Waiter {
  readonly time: number;
  readonly wake: () => void;
}

/** A clock that stands still until `advance` moves it. */
export class ManualClock implements SteppedClock {
  #now: number;
  #waiters: Waiter[] = [];
  readonly #settled = new Set<() => Promise<void>>();

  /**
   * @param start epoch ms; default 0, so that the first batch is at 1 × interval
   * @throws INVALID_OPTION
   */
  constructor(start = 0) {
    checkNumber("ManualClock's start", start, -Number.MAX_VALUE, { allowed: "epoch milliseconds" });
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /**
   * Moves the clock by `duration` milliseconds, batch by batch; resolves when every batch that fell due is committed, or has failed.
   *
   * @throws INVALID_OPTION
   */
  async advance(duration: number): Promise<void> {
    checkNumber("advance's duration", duration, 0, { allowed: "milliseconds, at least 0" });
    const target = this.#now + duration;
    await this.#settle();
    for (let due = this.#nextDue(target); due !== undefined; due = this.#nextDue(target)) {
      this.#now = Math.max(this.#now, due);
      this.#wakeDue();
      await this.#settle();
    }
    this.#now = target;
  }

  waitTill(time: number, signal?: AbortSignal): Promise<void> {
    if (time <= this.#now || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const abandon = (): void => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        resolve();
      };
      const wake = (): void => {
        signal?.removeEventListener("abort", abandon);
        resolve();
      };
      const waiter = { time, wake };
      this.#waiters.push(waiter);
      signal?.addEventListener("abort", abandon, { once: true });
    });
  }

  attach(settled: () => Promise<void>): () => void {
    this.#settled.add(settled);
    return () => this.#settled.delete(settled);
  }

  #nextDue(target: number): number | undefined {
    const due = this.#waiters.map((waiter) => waiter.time).filter((time) => time <= target);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  #wakeDue(): void {
    const due = this.#waiters.filter((waiter) => waiter.time <= this.#now);
    this.#waiters = this.#waiters.filter((waiter) => waiter.time > this.#now);
    for (const waiter of due) waiter.wake();
  }

  async #settle(): Promise<void> {
    await Promise.all([...this.#settled].map((settled) => settled()));
  }
}

markCopy(ManualClock);
