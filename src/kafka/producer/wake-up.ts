import type { Timer, Timers } from "../../runtime/machine/timers.ts";

/** One timer for many reasons to wake up: only the earliest counts, and whoever wakes sets the next. */
export class WakeUp {
  readonly #timers: Timers;
  readonly #wake: () => void;
  #timer: Timer | undefined;
  #at = Number.POSITIVE_INFINITY;

  constructor(timers: Timers, wake: () => void) {
    this.#timers = timers;
    this.#wake = wake;
  }

  /** Wakes in `delayMs` at the latest. */
  within(delayMs: number): void {
    const at = this.#timers.elapsed() + delayMs;
    if (at >= this.#at) return;
    this.#timer?.cancel();
    this.#at = at;
    // A moment too late rather than too early, so that what is due then is due by the clock too.
    this.#timer = this.#timers.after(Math.ceil(delayMs), () => {
      this.#at = Number.POSITIVE_INFINITY;
      this.#wake();
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#at = Number.POSITIVE_INFINITY;
  }
}
