import { setTimeout as delay } from "node:timers/promises";

/** Resolves once a process has ended that is no child of this one, so that nothing tells of its end. */
export async function processGone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await delay(20);
  }
}
