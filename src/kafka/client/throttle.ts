import type { Timers } from "../../runtime/machine/timers.ts";

/** The longest that a broker's request to wait is obeyed. Quotas ask for seconds, and the broker itself holds who does not wait. */
export const throttleMsMax = 30_000;

/** Waits as a broker asks for, unless the signal ends it. @throws the signal's reason. */
export async function obeyThrottle(throttleMs: number, timers: Timers, signal: AbortSignal | undefined): Promise<void> {
  if (throttleMs <= 0) return;
  await timers.delay(Math.min(throttleMs, throttleMsMax), signal).catch(() => {});
  signal?.throwIfAborted();
}
