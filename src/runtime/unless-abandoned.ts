import type { Timer, Timers } from "./machine/timers.ts";

/** What work may take to notice that it was given up. A function of the program that never returns is left behind. */
export const giveUpGraceMs = 1_000;
/** A timer of Node's that is longer ends at once. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Waits for `work`, but no longer than `graceMs` once `signal` has aborted: work that ignores the signal is left behind.
 *
 * @throws what `work` throws, or the signal's reason.
 */
export async function unlessAbandoned<T>(
  work: Promise<T>,
  signal: AbortSignal,
  graceMs: number,
  timers: Timers,
): Promise<T> {
  const abandoned = Promise.withResolvers<never>();
  let timer: Timer | undefined;
  const abort = (): void => {
    timer = timers.after(graceMs, () => abandoned.reject(signal.reason));
  };
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, abandoned.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
    timer?.cancel();
  }
}

/** Waits for `work` to end, however it ends, but no longer than `ms`. */
export async function leaveBehind(work: Promise<unknown>, ms: number, timers: Timers): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = timers.after(ms, over.resolve);
  await Promise.race([work.catch(() => {}), over.promise]);
  timer.cancel();
}

/** True when a promise resolves within `timeout` milliseconds, else false. @throws what it rejects with. */
export async function resolvesWithin(timeout: number, promise: Promise<void>, timers: Timers): Promise<boolean> {
  let timer: Timer | undefined;
  const timedOut = new Promise<boolean>((resolve) => {
    timer = timers.after(Math.min(timeout, longestTimerMs), () => resolve(false));
  });
  try {
    return await Promise.race([promise.then(() => true), timedOut]);
  } finally {
    timer?.cancel();
  }
}
