import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";

/** A timer that runs. */
export interface Timer {
  /** Its callback is not called any more. */
  cancel(): void;
  /** It does not keep the process alive. */
  unref(): this;
}

/** How time goes by in a process, whatever somebody sets the machine's clock to. */
export interface Timers {
  /** Milliseconds since some moment, in fine steps. */
  elapsed(): number;
  /** Calls once, after `ms` milliseconds. */
  after(ms: number, callback: () => void): Timer;
  /** Calls again and again, each `ms` milliseconds. */
  every(ms: number, callback: () => void): Timer;
  /** Resolves after `ms` milliseconds. @throws an AbortError when `signal` aborts first */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
  /** Resolves when all that waits already has had its turn. */
  turn(): Promise<void>;
}

class NodeTimer implements Timer {
  readonly #timer: NodeJS.Timeout;

  constructor(timer: NodeJS.Timeout) {
    this.#timer = timer;
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }

  unref(): this {
    this.#timer.unref();
    return this;
  }
}

/** Those of Node. */
export const nodeTimers: Timers = {
  elapsed: () => performance.now(),
  after: (ms, callback) => new NodeTimer(setTimeout(callback, ms)),
  every: (ms, callback) => new NodeTimer(setInterval(callback, ms)),
  delay: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
  turn: () => turn(),
};
