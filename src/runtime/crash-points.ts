/**
 * The steps of the commit protocol at which tests make a process die, throw or hang, in the order in which a batch
 * passes them. Each calls the `crashPoint` of its job's runtime. Those of the transaction are passed by jobs that have one.
 */
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
