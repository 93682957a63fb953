import { setTimeout as delay } from "node:timers/promises";

/** Where batch times come from. All times are epoch milliseconds. */
export interface Clock {
  now(): number;
  /** Resolves once `now()` has reached `time`, or when `signal` aborts. */
  waitTill(time: number, signal?: AbortSignal): Promise<void>;
}

/** A clock whose owner moves it; it lets work that a step made due finish before the next step. */
export interface SteppedClock extends Clock {
  /** `settled` resolves when everything that fell due so far is done. Returns the function that detaches it. */
  attach(settled: () => Promise<void>): () => void;
}

export function isStepped(clock: Clock): clock is SteppedClock {
  return "attach" in clock;
}

const longestTimerMs = 2 ** 31 - 1;

const startedAt = Date.now() - performance.now();

/**
 * The machine's clock as it was set when the process began. From then on it goes as fast as time does, whatever somebody sets
 * the machine's clock to: batches neither stop for an hour nor come in a heap.
 */
export const systemClock: Clock = {
  now,
  async waitTill(time, signal) {
    for (let left = time - now(); left > 0 && !signal?.aborted; left = time - now()) {
      await delay(Math.min(left, longestTimerMs), undefined, signal ? { signal } : {}).catch((error: unknown) => {
        if (!signal?.aborted) throw error;
      });
    }
  },
};

function now(): number {
  return Math.floor(startedAt + performance.now());
}
