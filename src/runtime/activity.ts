/** By this something that is under way says how far it is, so that what stands still can be told from what is slow. */
export interface Activity {
  /** It came further. From now on it is at what `place` says, if given; that is asked only when somebody has to be told. */
  moved(place?: () => string): void;
  /** It cannot go on until something comes back; that is not progress. What moves has left it behind. */
  waits(reason: () => string): void;
  /** A number that grows while work is done that nobody reports; undefined: there is none any more. */
  counts(count: (() => number) | undefined): void;
}

/** Nobody asks. */
export const unwatched: Activity = { moved() {}, waits() {}, counts() {} };
