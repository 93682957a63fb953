import type { Pair, Widen } from "../types.ts";
import type { PairRDD } from "./pair-rdd.ts";
import type { RDD } from "./rdd.ts";

/** The RDD of rows `T`: of pairs, when `T` is one. */
export type RDDOf<T> = [T] extends [Pair<infer K, infer V>] ? PairRDD<Widen<K>, Widen<V>> : RDD<T>;
