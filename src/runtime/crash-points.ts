// The steps of the commit protocol at which tests make a process die, throw or hang. Each step calls `crashPoint`; without a
// test's handler that is one comparison.

/** In the order in which a batch passes them. Those of the transaction are passed by jobs that have one. */
export const crashPoints = [
  "before-offset-log",
  "after-offset-log",
  "in-level-0",
  "in-last-level",
  "after-state-files",
  "after-manifest",
  "in-produce",
  "after-produce",
  "before-end-txn",
  "after-end-txn",
  "after-commit-log",
  "in-cleanup",
] as const;

export type CrashPoint = (typeof crashPoints)[number];

/** What happens at a step: nothing, or a crash in the way the test wants; a promise makes the step wait. */
export type CrashHandler = (point: CrashPoint) => void | Promise<void>;

let handler: CrashHandler | undefined;

/** For tests: what happens at the steps of this thread from now on. */
export function onCrashPoint(handle: CrashHandler | undefined): void {
  handler = handle;
}

export async function crashPoint(point: CrashPoint): Promise<void> {
  if (handler !== undefined) await handler(point);
}
