import type { Partitioner } from "../../plan/partitioner.ts";
import type { Duration } from "../duration.ts";
import type { CombineOptions } from "../keyed/combine-options.ts";
import type { RDDOf } from "../stream-of.ts";
import type { Pair, Widen } from "../types.ts";
import type { BoundedDouble } from "./actions/approximate-actions.ts";
import type { RDD } from "./rdd.ts";

/** An RDD of pairs. Keys are compared by value, as those of PairDStream. */
export interface PairRDD<K, V> extends RDD<Pair<K, V>> {
  keys(): RDDOf<K>;
  values(): RDDOf<V>;
  /** Another value for each pair. */
  mapValues<U>(f: (value: V) => U): PairRDD<K, Widen<U>>;
  /** Any number of values for each pair. */
  flatMapValues<U>(f: (value: V) => Iterable<U>): PairRDD<K, Widen<U>>;
  /** The same pairs, those with equal keys in one partition. */
  partitionBy(partitioner: Partitioner<K>): PairRDD<K, V>;
  /** All values of each key. */
  groupByKey(partitioner?: Partitioner<K>): PairRDD<K, V[]>;
  /** The values of each key, folded by an associative function. */
  reduceByKey(f: (a: V, b: V) => V, partitioner?: Partitioner<K>): PairRDD<K, V>;
  /** The values of each key, folded into a copy of `zero`. @throws VALUE_NOT_ENCODABLE for a `zero` that is no plain data. */
  foldByKey(zero: V, f: (a: V, b: V) => V, partitioner?: Partitioner<K>): PairRDD<K, V>;
  /** The values of each key, added to a copy of `zero` of another kind. */
  aggregateByKey<C>(
    zero: C,
    addValue: (combined: C, value: V) => C,
    merge: (a: C, b: C) => C,
    partitioner?: Partitioner<K>,
  ): PairRDD<K, C>;
  /** The values of each key, combined into a value of another kind. */
  combineByKey<C>(
    create: (value: V) => C,
    mergeValue: (combined: Widen<C>, value: V) => Widen<C>,
    mergeCombiners: (a: Widen<C>, b: Widen<C>) => Widen<C>,
    options?: CombineOptions<K>,
  ): PairRDD<K, Widen<C>>;
  combineByKey<C>(
    create: (value: V) => C,
    mergeValue: (combined: C, value: V) => C,
    mergeCombiners: (a: C, b: C) => C,
    options?: CombineOptions<K>,
  ): PairRDD<K, C>;
  /** For each key of either, its values here and its values there. */
  cogroup<W>(other: PairRDD<K, W>, partitioner?: Partitioner<K>): PairRDD<K, readonly [V[], W[]]>;
  /** As `cogroup`, of any number. */
  groupWith<W extends readonly unknown[]>(
    ...others: { readonly [N in keyof W]: PairRDD<K, W[N]> }
  ): PairRDD<K, readonly [V[], ...{ [N in keyof W]: W[N][] }]>;
  /** For each key of both, every combination of its values. */
  join<W>(other: PairRDD<K, W>, partitioner?: Partitioner<K>): PairRDD<K, readonly [V, W]>;
  leftOuterJoin<W>(other: PairRDD<K, W>, partitioner?: Partitioner<K>): PairRDD<K, readonly [V, W | undefined]>;
  rightOuterJoin<W>(other: PairRDD<K, W>, partitioner?: Partitioner<K>): PairRDD<K, readonly [V | undefined, W]>;
  fullOuterJoin<W>(
    other: PairRDD<K, W>,
    partitioner?: Partitioner<K>,
  ): PairRDD<K, readonly [V | undefined, W | undefined]>;
  /** The pairs whose key does not occur in `other`. */
  subtractByKey<W>(other: PairRDD<K, W>, partitioner?: Partitioner<K>): PairRDD<K, V>;
  /** About how many different values each key has; see `countApproxDistinct`. */
  countApproxDistinctByKey(relativeSD?: number, partitioner?: Partitioner<K>): PairRDD<K, number>;
  /** The pairs whose keys are from `lower` to `upper`, both included. */
  filterByRange(lower: K, upper: K): PairRDD<K, V>;
  /** As `sample`, with a fraction for each key; keys without one are left out. */
  sampleByKey(
    withReplacement: boolean,
    fractions: Iterable<readonly [key: K, fraction: number]>,
    seed?: number,
  ): PairRDD<K, V>;
  /** As `sampleByKey`, with exactly that part of each key's values, rounded up. A key's values are held in memory. */
  sampleByKeyExact(
    withReplacement: boolean,
    fractions: Iterable<readonly [key: K, fraction: number]>,
    seed?: number,
  ): PairRDD<K, V>;
  /** As `partitionBy`, each partition in the order of its keys. Stable. */
  repartitionAndSortWithinPartitions(partitioner: Partitioner<K>, ascending?: boolean): PairRDD<K, V>;
  /** The pairs in the order of their keys. Stable. */
  sortByKey(ascending?: boolean, numPartitions?: number): PairRDD<K, V>;

  /** How many pairs each key has. */
  countByKey(): Promise<Map<K, number>>;
  /** As `countByKey`, exact; see `countApprox`. */
  countByKeyApprox(timeout: Duration, confidence?: number): Promise<Map<K, BoundedDouble>>;
  /** The values of each key, folded by an associative function, as a map. */
  reduceByKeyLocally(f: (a: V, b: V) => V): Promise<Map<K, V>>;
  /** The values of one key. */
  lookup(key: K): Promise<V[]>;
  /** The pairs as a map; of pairs with one key the last one stays. */
  collectAsMap(): Promise<Map<K, V>>;
}
