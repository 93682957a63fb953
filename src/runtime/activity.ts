/** How far a batch is in the stage that runs, by tasks. */
export interface StageProgress {
  /** From 0. */
  readonly stage: number;
  readonly numStages: number;
  readonly tasksDone: number;
  readonly numTasks: number;
}

/** By this something that is under way says how far it is, so that what stands still can be told from what is slow. */
export interface Activity {
  /** It came further. From now on it is at what `place` says, if given, in the stage that `stage` says; both are asked only when somebody wants to know. */
  moved(place?: () => string, stage?: () => StageProgress | undefined): void;
  /** It cannot go on until something comes back; that is not progress. What moves has left it behind. */
  waits(reason: () => string): void;
  /** A number that grows while work is done that nobody reports; undefined: there is none any more. */
  counts(count: (() => number) | undefined): void;
}

/** Nobody asks. */
export const unwatched: Activity = { moved() {}, waits() {}, counts() {} };
