/** One timer for many reasons to wake up: only the earliest counts, and whoever wakes sets the next. */
export class WakeUp {
  readonly #wake: () => void;
  #timer: NodeJS.Timeout | undefined;
  #at = Number.POSITIVE_INFINITY;

  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /** Wakes in `delayMs` at the latest. */
  within(delayMs: number): void {
    const at = performance.now() + delayMs;
    if (at >= this.#at) return;
    clearTimeout(this.#timer);
    this.#at = at;
    // A moment too late rather than too early, so that what is due then is due by the clock too.
    this.#timer = setTimeout(() => {
      this.#at = Number.POSITIVE_INFINITY;
      this.#wake();
    }, Math.ceil(delayMs));
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#at = Number.POSITIVE_INFINITY;
  }
}
