import type { Phase } from "../../listeners/facts/batch-facts.ts";
import type { Span } from "../../listeners/facts/task-facts.ts";
import { type Clock, isStepped } from "../../runtime/machine/clock.ts";
import type { Timers } from "../../runtime/machine/timers.ts";

/** When the phases of a batch began, by the job's clock, and how long they took, by one that nobody sets. */
export class PhaseTimes {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #spans: Partial<Record<Phase, Span>> = {};
  #running: { readonly phase: Phase; readonly start: number; readonly begun: number } | undefined;
  #isOver = false;

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.#timers = timers;
  }

  get spans(): Readonly<Partial<Record<Phase, Span>>> {
    return this.#spans;
  }

  /** Ends the phase that runs. One that begins again counts from now on. `since`: when it began, as `elapsed()` of the timers, if not now. */
  begin(phase: Phase, since?: number): void {
    const now = this.#timers.elapsed();
    const begun = Math.max(Math.min(since ?? now, now), this.#running?.begun ?? 0);
    this.pause(begun);
    // What a batch still does that was given up is no phase of it.
    if (this.#isOver) return;
    const agoMs = isStepped(this.#clock) ? 0 : Math.round(now - begun);
    this.#running = { phase, start: this.#clock.now() - agoMs, begun };
  }

  /** Ends the phase that runs; another may follow later. */
  pause(now = this.#timers.elapsed()): void {
    if (this.#running === undefined) return;
    const { phase, start, begun } = this.#running;
    this.#running = undefined;
    this.#spans[phase] = { start, ms: now - begun };
  }

  /** No other phase follows. */
  end(): void {
    this.pause();
    this.#isOver = true;
  }
}
