import type { DStream } from "./dstream.ts";
import type { PairDStream } from "./pair-dstream.ts";
import type { PairRDD } from "./rdd/pair-rdd.ts";
import type { RDD } from "./rdd/rdd.ts";

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

/** The stream of rows `T`: of pairs, when `T` is one. */
export type StreamOf<T> = [T] extends [Pair<infer K, infer V>] ? PairDStream<Widen<K>, Widen<V>> : DStream<T>;

/** The RDD of rows `T`: of pairs, when `T` is one. */
export type RDDOf<T> = [T] extends [Pair<infer K, infer V>] ? PairRDD<Widen<K>, Widen<V>> : RDD<T>;

/** The RDDs of streams, in their order. */
export type RDDsOf<S extends readonly DStream<any>[]> = {
  readonly [N in keyof S]: S[N] extends DStream<infer T> ? RDDOf<T> : never;
};

/** Batch time: epoch milliseconds, a multiple of the batch interval. */
export type Time = number;
