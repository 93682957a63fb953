import type { Clock } from "../../../src/runtime/machine/clock.ts";
import type { Timer, Timers } from "../../../src/runtime/machine/timers.ts";
import type { Event } from "./scheduler.ts";
import type { SimProcess } from "./sim-process.ts";

/** When simulations begin, in epoch milliseconds. */
export const simulatedStart = Date.UTC(2026, 0, 1);

/** Timers of a process: they fall due by its host's clock, and wait while it is paused. */
export class SimTimers implements Timers {
  readonly #process: SimProcess;

  constructor(process: SimProcess) {
    this.#process = process;
  }

  elapsed(): number {
    const { world, clockRate } = this.#process.host;
    return world.scheduler.now * clockRate;
  }

  after(ms: number, callback: () => void): Timer {
    return this.#start(ms, callback, false);
  }

  every(ms: number, callback: () => void): Timer {
    return this.#start(ms, callback, true);
  }

  delay(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(abortError(signal));
        return;
      }
      const abort = (): void => {
        timer.cancel();
        reject(abortError(signal as AbortSignal));
      };
      const timer = this.after(ms, () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  turn(): Promise<void> {
    return this.delay(0);
  }

  #start(ms: number, callback: () => void, isRepeated: boolean): Timer {
    const { scheduler } = this.#process.host.world;
    let event: Event;
    let isCancelled = false;
    const waitMs = Math.max(isRepeated ? 1 : 0, Number.isFinite(ms) ? ms : 1) / this.#process.host.clockRate;
    const schedule = (): void => {
      event = scheduler.after(waitMs, () => {
        if (!this.#process.isAlive) return;
        this.#process.deliver(() => {
          if (isCancelled) return;
          if (isRepeated) schedule();
          callback();
        });
      });
    };
    schedule();
    return {
      cancel() {
        isCancelled = true;
        event.isCancelled = true;
      },
      unref() {
        return this;
      },
    };
  }
}

/** The clock as it was set when the process started; from then on it goes as time does. */
export function simClock(process: SimProcess, timers: Timers): Clock {
  const { host } = process;
  const [offset, began] = [host.clockOffsetMs, timers.elapsed()];
  const start = simulatedStart + host.world.scheduler.now + offset;
  const now = (): number => Math.floor(start + timers.elapsed() - began);
  return {
    now,
    async waitTill(time, signal) {
      for (let left = time - now(); left > 0 && !signal?.aborted; left = time - now()) {
        await timers.delay(left, signal).catch((error: unknown) => {
          if (!signal?.aborted) throw error;
        });
      }
    },
  };
}

function abortError(signal: AbortSignal): Error {
  return Object.assign(new Error("The operation was aborted", { cause: signal.reason }), {
    name: "AbortError",
    code: "ABORT_ERR",
  });
}
