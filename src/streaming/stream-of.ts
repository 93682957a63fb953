import type { DStream } from "./dstream.ts";
import type { PairDStream } from "./pair-dstream.ts";
import type { PairRDD } from "./rdd/pair-rdd.ts";
import type { RDD } from "./rdd/rdd.ts";
import type { Pair, Widen } from "./types.ts";

/** The stream of rows `T`: of pairs, when `T` is one. */
export type StreamOf<T> = [T] extends [Pair<infer K, infer V>] ? PairDStream<Widen<K>, Widen<V>> : DStream<T>;

/** The RDD of rows `T`: of pairs, when `T` is one. */
export type RDDOf<T> = [T] extends [Pair<infer K, infer V>] ? PairRDD<Widen<K>, Widen<V>> : RDD<T>;

/** The RDDs of streams, in their order. */
export type RDDsOf<S extends readonly DStream<any>[]> = {
  readonly [N in keyof S]: S[N] extends DStream<infer T> ? RDDOf<T> : never;
};
