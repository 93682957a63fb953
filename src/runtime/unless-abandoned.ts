/** What work may take to notice that it was given up. A function of the program that never returns is left behind. */
export const giveUpGraceMs = 1_000;
/** A timer of Node's that is longer ends at once. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Waits for `work`, but no longer than `graceMs` once `signal` has aborted: work that ignores the signal is left behind.
 *
 * @throws what `work` throws, or the signal's reason.
 */
export async function unlessAbandoned<T>(work: Promise<T>, signal: AbortSignal, graceMs: number): Promise<T> {
  const abandoned = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const abort = (): void => {
    timer = setTimeout(() => abandoned.reject(signal.reason), graceMs);
  };
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, abandoned.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
    clearTimeout(timer);
  }
}

/** Waits for `work` to end, however it ends, but no longer than `ms`. */
export async function leaveBehind(work: Promise<unknown>, ms: number): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, ms);
  await Promise.race([work.catch(() => {}), over.promise]);
  clearTimeout(timer);
}

/** True when a promise resolves within `timeout` milliseconds, else false. @throws what it rejects with. */
export async function resolvesWithin(timeout: number, promise: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, Math.min(timeout, longestTimerMs), false);
  });
  try {
    return await Promise.race([promise.then(() => true), timedOut]);
  } finally {
    clearTimeout(timer);
  }
}
