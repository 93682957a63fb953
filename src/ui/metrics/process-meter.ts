import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";

const resolutionMs = 20;

/** What Node says of the driver's process. */
export class ProcessMeter {
  readonly #delays = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #observer: PerformanceObserver;
  #gcMs = 0;

  constructor() {
    this.#delays.enable();
    this.#observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) this.#gcMs += duration;
    });
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  get heapUsedBytes(): number {
    return process.memoryUsage().heapUsed;
  }

  /** All collections so far. */
  get gcMs(): number {
    return this.#gcMs;
  }

  /** The 99th percentile of how late the event loop was, beyond its own resolution. */
  get eventLoopDelayMs(): number {
    const delay = this.#delays.percentile(99) / 1e6 - resolutionMs;
    return Number.isFinite(delay) ? Math.max(0, delay) : 0;
  }

  /** Delays are counted from now on. */
  resetDelays(): void {
    this.#delays.reset();
  }

  close(): void {
    this.#delays.disable();
    this.#observer.disconnect();
  }
}
