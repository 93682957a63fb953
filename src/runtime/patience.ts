import { setTimeout as delay } from "node:timers/promises";
import { DStreamError } from "../errors/dstream-error.ts";
import { shownError } from "../errors/shown/shown-error.ts";
import type { Activity } from "./activity.ts";

const patienceMs = 60_000;
const pauseMs = 250;

export interface PatienceOptions {
  /** Who waits, for the warning: "batch 2000 waits". */
  readonly who: string;
  /** Gives up at once when it aborts. */
  readonly signal: AbortSignal;
  /** Hears what is waited for. */
  readonly activity: Activity;
  /** Default: a minute, in all. */
  readonly forMs?: number;
}

/**
 * Waits for what a job cannot do without and which may come back, such as brokers: the same for its start and for each batch. It
 * says what it waits for, once.
 */
export class Patience {
  readonly #options: PatienceOptions;
  readonly #deadline: number;
  readonly #told = new Set<string>();

  constructor(options: PatienceOptions) {
    this.#options = options;
    this.#deadline = performance.now() + (options.forMs ?? patienceMs);
  }

  /** What `work` gives, tried again while its error may pass. @throws its last error */
  async until<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.#options;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const { retryable } = DStreamError.from(error);
        if (!retryable || signal.aborted || performance.now() > this.#deadline) throw error;
        const text = shownError(error);
        this.#options.activity.waits(() => text);
        this.#tell(text);
        await delay(pauseMs, undefined, { signal }).catch(() => {});
        if (signal.aborted) throw error;
      }
    }
  }

  #tell(message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    process.emitWarning(`${this.#options.who}: ${message}`, { type: "DStreamSource" });
  }
}
