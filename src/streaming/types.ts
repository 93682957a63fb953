export type Awaitable<T> = T | Promise<T>;

/** Literal types widen, also in tuples: `[word, [1, 0]] as const` is a pair of a string and of two numbers. */
export type Widen<T> = T extends string
  ? string
  : T extends number
    ? number
    : T extends bigint
      ? bigint
      : T extends boolean
        ? boolean
        : T extends readonly [unknown, ...unknown[]]
          ? { [N in keyof T]: Widen<T[N]> }
          : T;

/** A key and a value: an array of two. */
export type Pair<K, V> = readonly [K, V];

/** Batch time: epoch milliseconds, a multiple of the batch interval. */
export type Time = number;
