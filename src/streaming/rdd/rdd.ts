import type { OffsetRange } from "../../kafka/types.ts";
import type { Partitioner } from "../../plan/partitioner.ts";
import type { Awaitable, RDDOf, Widen } from "../types.ts";
import type { PairRDD } from "./pair-rdd.ts";

/** Negative: `a` before `b`. Default of the methods that order rows: numbers, strings, dates and arrays of these by value. */
export type Compare<T> = (a: T, b: T) => number;

/**
 * The rows of one batch, partition by partition, in the words of Spark. Operators make new RDDs and run nothing; actions, which
 * give promises, run what they need, each time anew. An RDD that `foreachRDD` is given has the rows that the batch brought to
 * the driver, and everything on it runs there; work on many rows belongs into the streams' own operators.
 *
 * An action that needs rows which the driver doesn't have, since they are more than `maxResultBytes`, throws RESULT_TOO_LARGE.
 */
export interface RDD<T> {
  readonly numPartitions: number;
  /** Of the Kafka stream it derives from without a shuffle, one for each partition; else empty. */
  readonly offsetRanges: readonly OffsetRange[];

  /** One row for each row. */
  map<U>(f: (row: T) => U): RDDOf<U>;
  /** Any number of rows for each row. */
  flatMap<U>(f: (row: T) => Iterable<U>): RDDOf<U>;
  /** The rows that `f` accepts. */
  filter(f: (row: T) => boolean): RDDOf<T>;
  /** One call for the rows of each partition, also of an empty one. */
  mapPartitions<U>(f: (rows: Iterable<T>) => Iterable<U>): RDDOf<U>;
  mapPartitionsWithIndex<U>(f: (index: number, rows: Iterable<T>) => Iterable<U>): RDDOf<U>;
  /** One row for each partition: the array of its rows. */
  glom(): RDD<T[]>;
  /** The key that `f` gives to each row, and the row. */
  keyBy<K>(f: (row: T) => K): PairRDD<Widen<K>, T>;
  /** All rows of each key that `f` gives. */
  groupBy<K>(f: (row: T) => K, partitioner?: Partitioner<K>): PairRDD<Widen<K>, T[]>;
  /** Each row and its position among all rows. */
  zipWithIndex(): PairRDD<T, number>;
  /** Each row and the row at its position in `other`. @throws ILLEGAL_STATE when partitions or their rows are not as many. */
  zip<U>(other: RDD<U>): PairRDD<T, U>;
  /** The rows of both; its partitions are those of both, one after the other. */
  union(other: RDD<T>): RDDOf<T>;
  /** Every combination of a row of each. */
  cartesian<U>(other: RDD<U>): PairRDD<T, U>;
  /** The rows that occur in both, each once. */
  intersection(other: RDD<T>, partitioner?: Partitioner<T>): RDDOf<T>;
  /** The rows that do not occur in `other`. */
  subtract(other: RDD<T>, partitioner?: Partitioner<T>): RDDOf<T>;
  /** Equal rows once; rows are compared by value. */
  distinct(numPartitions?: number): RDDOf<T>;
  /** The same rows in exactly `numPartitions` partitions, dealt out in turns. */
  repartition(numPartitions: number): RDDOf<T>;
  /** The same rows in at most `numPartitions` partitions, made of neighbours. */
  coalesce(numPartitions: number): RDDOf<T>;
  /** The rows in the order of what `f` makes of them; rows of one partition are before those of the next. Stable. */
  sortBy<S>(f: (row: T) => S, ascending?: boolean, numPartitions?: number): RDDOf<T>;
  /** Each row with the probability `fraction`, or, with replacement, `fraction` times on average. Repeatable with a `seed`. */
  sample(withReplacement: boolean, fraction: number, seed?: number): RDDOf<T>;

  /** All rows, partition by partition. */
  collect(): Promise<T[]>;
  /** The first `n` rows. */
  take(n: number): Promise<T[]>;
  /** The first row. @throws ILLEGAL_STATE when there is none. */
  first(): Promise<T>;
  count(): Promise<number>;
  isEmpty(): Promise<boolean>;
  /** How often each row occurs; rows are compared by value. */
  countByValue(): Promise<Map<T, number>>;
  /** All rows folded by an associative function. @throws ILLEGAL_STATE when there is none. */
  reduce(f: (a: T, b: T) => T): Promise<T>;
  /** The rows of each partition folded into a copy of `zero`, and these folded into another. */
  fold(zero: T, f: (a: T, b: T) => T): Promise<T>;
  /** As `fold`, into a value of another kind. */
  aggregate<U>(zero: U, addRow: (combined: U, row: T) => U, merge: (a: U, b: U) => U): Promise<U>;
  /** The greatest row. @throws ILLEGAL_STATE when there is none. */
  max(compare?: Compare<T>): Promise<T>;
  /** The least row. @throws ILLEGAL_STATE when there is none. */
  min(compare?: Compare<T>): Promise<T>;
  /** The sum of numbers, 0 for none. */
  sum(this: RDD<number>): Promise<number>;
  /** The `n` greatest rows, the greatest first. */
  top(n: number, compare?: Compare<T>): Promise<T[]>;
  /** The `n` least rows, the least first. */
  takeOrdered(n: number, compare?: Compare<T>): Promise<T[]>;
  /** Calls `f` with each row, and waits for it before the next. */
  foreach(f: (row: T) => Awaitable<void>): Promise<void>;
  /** Calls `f` with the rows of each partition, and waits for it before the next. */
  foreachPartition(f: (rows: Iterable<T>) => Awaitable<void>): Promise<void>;
  /** Row by row. */
  toLocalIterator(): AsyncIterableIterator<T>;
}
