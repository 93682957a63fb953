import { uptime } from "node:os";
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

/** A clock of a machine that may sleep. */
export interface SleepingClock extends Clock {
  /** How long it has slept so far, as far as `now()` has seen. */
  readonly sleptMs: number;
}

export function sleptMsOf(clock: Clock): number {
  return (clock as Partial<SleepingClock>).sleptMs ?? 0;
}

export function isStepped(clock: Clock): clock is SteppedClock {
  return "attach" in clock;
}

/** Timers stand still while the machine sleeps: a long wait looks at the clock now and then. */
const longestTimerMs = 5_000;
/** What is less may be the coarseness of the system's clocks. */
const leastSleepMs = 1_000;
/** How often, while it is awake, the clock looks whether the machine has slept: it asks the system for that. */
const lookEveryMs = 1_000;

/** The times of a machine, in milliseconds since some moment. */
export interface MachineTimes {
  /** What goes on while the machine is awake, in fine steps. */
  readonly awake: () => number;
  /** What goes on while it sleeps, too, in steps as coarse as they are. Undefined where the system does not say. */
  readonly sinceBoot: () => number | undefined;
}

/**
 * The machine's clock as it was set at `startedAt`. From then on it goes as fast as time does, also while the machine sleeps,
 * whatever somebody sets the machine's clock to: batches neither stop for an hour nor come in a heap.
 */
export function machineClock(startedAt: number, { awake, sinceBoot }: MachineTimes): SleepingClock {
  const [awakeAtStart, bootAtStart] = [awake(), sinceBoot()];
  let sleptMs = 0;
  let lookedAt = 0;
  const look = (wake: number): void => {
    lookedAt = wake;
    const boot = sinceBoot();
    if (boot === undefined || bootAtStart === undefined) return;
    const slept = boot - bootAtStart - wake;
    if (slept >= sleptMs + leastSleepMs) sleptMs = slept;
  };
  const now = (): number => {
    const wake = awake() - awakeAtStart;
    if (wake - lookedAt >= lookEveryMs) look(wake);
    return Math.floor(startedAt + wake + sleptMs);
  };
  return {
    now,
    get sleptMs() {
      return sleptMs;
    },
    async waitTill(time, signal) {
      for (let left = time - now(); left > 0 && !signal?.aborted; left = time - now()) {
        await delay(Math.min(left, longestTimerMs), undefined, signal ? { signal } : {}).catch((error: unknown) => {
          if (!signal?.aborted) throw error;
        });
        look(awake() - awakeAtStart);
      }
    },
  };
}

export const systemClock: SleepingClock = machineClock(Date.now(), {
  awake: () => performance.now(),
  // On Linux, macOS and Windows it goes on while the machine sleeps; what cannot be read says nothing.
  sinceBoot: () => {
    try {
      return uptime() * 1_000;
    } catch {
      return undefined;
    }
  },
});
