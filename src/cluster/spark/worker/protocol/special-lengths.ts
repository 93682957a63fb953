/** Ints that stand where a length would, and say what comes. */
export const specialLengths = {
  endOfData: -1,
  exception: -2,
  timing: -3,
  endOfStream: -4,
  arrowStream: -6,
  /** From Spark 4.3 on: the task's description comes as one message. */
  init: -8,
} as const;
