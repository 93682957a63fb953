import { setTimeout as delay } from "node:timers/promises";

/** Resolves when what is asked for holds. */
export async function until(holds: () => boolean | Promise<boolean>, longestMs = 30_000): Promise<void> {
  const deadline = performance.now() + longestMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`it did not come within ${longestMs} ms: ${holds}`);
    await delay(25);
  }
}
