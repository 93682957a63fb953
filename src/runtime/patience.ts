import type { ErrorCode } from "../errors/codes.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import { shownError } from "../errors/shown/shown-error.ts";
import type { Activity } from "./activity.ts";
import type { JobLog } from "./log/job-log.ts";
import type { Timers } from "./machine/timers.ts";

const patienceMs = 60_000;
const pauseMs = 250;

export interface PatienceOptions {
  /** Who waits, for the warning: "batch 2000". */
  readonly who: string;
  /** Undefined for what is of no batch. */
  readonly batchTime?: number;
  readonly log: JobLog;
  readonly timers: Timers;
  /** Gives up at once when it aborts. */
  readonly signal: AbortSignal;
  /** Hears what is waited for. */
  readonly activity: Activity;
  /** Default: a minute, in all. */
  readonly forMs?: number;
}

/**
 * Waits for what a job cannot do without and which may come back, such as brokers: the same for its start and for each batch. It
 * says what it waits for, once, and that it is back.
 */
export class Patience {
  readonly #options: PatienceOptions;
  readonly #deadline: number;
  readonly #told = new Set<string>();
  readonly #waiting = new Set<() => Promise<unknown>>();

  constructor(options: PatienceOptions) {
    this.#options = options;
    this.#deadline = options.timers.elapsed() + (options.forMs ?? patienceMs);
  }

  /** What `work` gives, tried again while its error may pass. @throws its last error */
  async until<T>(work: () => Promise<T>): Promise<T> {
    const { signal, timers } = this.#options;
    for (;;) {
      try {
        const result = await work();
        this.#came(work);
        return result;
      } catch (error) {
        const { retryable, code } = DStreamError.from(error);
        if (!retryable || signal.aborted || timers.elapsed() > this.#deadline) throw error;
        const text = shownError(error);
        this.#options.activity.waits(() => text);
        this.#waiting.add(work);
        this.#tell(text, code);
        await timers.delay(pauseMs, signal).catch(() => {});
        if (signal.aborted) throw error;
      }
    }
  }

  #tell(reason: string, errorCode: ErrorCode): void {
    if (this.#told.has(reason)) return;
    this.#told.add(reason);
    const { who, batchTime, log } = this.#options;
    log.warn("WAITING", `${who} waits up to a minute: ${reason}`, { batchTime, errorCode });
  }

  #came(work: () => Promise<unknown>): void {
    if (!this.#waiting.delete(work) || this.#waiting.size > 0) return;
    const { who, batchTime, log } = this.#options;
    log.info("WAITING_ENDED", `${who} has what it waited for`, { batchTime });
  }
}
