import { DStreamError } from "../../errors/dstream-error.ts";
import type { Timer, Timers } from "../../runtime/machine/timers.ts";

/** The time that a question has: its signal aborts when that is over, or when what it belongs to has ended. */
export class QueryLimit {
  readonly #abort = new AbortController();
  readonly #ended: AbortSignal;
  readonly #end = (): void => this.#abort.abort(this.#ended.reason);
  readonly #timers: Timers;
  #timer: Timer | undefined;

  constructor(ended: AbortSignal, timers: Timers) {
    this.#timers = timers;
    this.#ended = ended;
    ended.addEventListener("abort", this.#end, { once: true });
    if (ended.aborted) this.#end();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** From now on there is so much time, in ms, for what is named. */
  restart(ms: number, what: string): void {
    this.#timer?.cancel();
    this.#timer = this.#timers.after(ms, () => {
      const text = `${what} took longer than ${ms} ms`;
      this.#abort.abort(new DStreamError("STATE_QUERY_TIMEOUT", text, { data: { limitMs: ms } }));
    });
    // Nobody stays alive for a question.
    this.#timer.unref();
  }

  /** Waits for work as long as there is time; what does not end until then is left behind. @throws what `work` throws, the signal's reason */
  async wait<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    const over = Promise.withResolvers<never>();
    const giveUp = (): void => over.reject(signal.reason);
    if (signal.aborted) giveUp();
    else signal.addEventListener("abort", giveUp, { once: true });
    try {
      return await Promise.race([work, over.promise]);
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  close(): void {
    this.#timer?.cancel();
    this.#ended.removeEventListener("abort", this.#end);
  }
}
