import type { OffsetRange } from "../../kafka/types.ts";
import type { Partitioner } from "../../plan/partitioner.ts";
import type { Duration } from "../duration.ts";
import type { StorageLevel } from "../input/storage-level.ts";
import type { RDDOf } from "../stream-of.ts";
import type { Awaitable, Widen } from "../types.ts";
import type { BoundedDouble } from "./actions/approximate-actions.ts";
import type { SaveTextOptions } from "./actions/save-text.ts";
import type { StatCounter } from "./actions/stat-counter.ts";
import type { PipeOptions } from "./operators/piped.ts";
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
  /** NONE unless the program said otherwise. */
  readonly storageLevel: StorageLevel;
  /**
   * Of the Kafka stream whose partitions these are, one for each: of the stream itself, and behind map, flatMap, filter, mapValues,
   * flatMapValues, mapPartitions, glom, keyBy, pipe, zipWithUniqueId and samples. Empty for other sources and parallelize().
   *
   * @throws ILLEGAL_STATE behind all other operators: by key, joins, union, windows, repartition, coalesce, sortBy, zip and the like.
   */
  readonly offsetRanges: readonly OffsetRange[];

  /** One row for each row. */
  map<U>(f: (row: T) => U): RDDOf<U>;
  /** Any number of rows for each row. */
  flatMap<U>(f: (row: T) => Iterable<U>): RDDOf<U>;
  /** The rows that `f` accepts; a type guard narrows them. */
  filter<S extends T>(f: (row: T) => row is S): RDDOf<S>;
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
  /**
   * The lines that a command makes of the rows of each partition, which it gets as lines. No shell is started; a command in one
   * text is cut at its spaces. A partition's lines are held in memory.
   */
  pipe(command: string | readonly string[], options?: PipeOptions<T>): RDD<string>;
  /** Each row and its position among all rows. */
  zipWithIndex(): PairRDD<T, number>;
  /** Each row and a number that no other has: of the rows of partition p of n these are p, p + n, p + 2n, … */
  zipWithUniqueId(): PairRDD<T, number>;
  /** Each row and the row at its position in `other`. @throws ILLEGAL_STATE when partitions or their rows are not as many. */
  zip<U>(other: RDD<U>): PairRDD<T, U>;
  /** One call for the rows of each partition and of that at its place in `other`. @throws ILLEGAL_STATE when they are not as many. */
  zipPartitions<U, W>(other: RDD<U>, f: (here: Iterable<T>, there: Iterable<U>) => Iterable<W>): RDDOf<W>;
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
  /** The rows dealt out by chance, to each RDD in proportion to its weight. Repeatable with a `seed`. */
  randomSplit(weights: readonly number[], seed?: number): RDDOf<T>[];

  /**
   * Keeps rows in the driver's memory from the first action on that goes through them, so that later ones do not make them anew.
   * In transform nothing is kept: what is used twice in a batch is computed once.
   */
  cache(): this;
  /** As `cache`; levels but NONE are the same here. @throws ILLEGAL_STATE when it has another level already. */
  persist(level?: StorageLevel): this;
  /** Gives up what was kept. */
  unpersist(): this;
  /** As `cache`, for good: there is no lineage to cut. */
  checkpoint(): void;

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
  /** As `reduce`: everything is folded on the driver. */
  treeReduce(f: (a: T, b: T) => T, depth?: number): Promise<T>;
  /** The rows of each partition folded into a copy of `zero`, and these folded into another. @throws VALUE_NOT_ENCODABLE for a `zero` that is no plain data. */
  fold(zero: T, f: (a: T, b: T) => T): Promise<T>;
  /** As `fold`, into a value of another kind. */
  aggregate<U>(zero: U, addRow: (combined: U, row: T) => U, merge: (a: U, b: U) => U): Promise<U>;
  /** As `aggregate`: everything is folded on the driver. */
  treeAggregate<U>(zero: U, addRow: (combined: U, row: T) => U, merge: (a: U, b: U) => U, depth?: number): Promise<U>;
  /** The greatest row. @throws ILLEGAL_STATE when there is none. */
  max(compare?: Compare<T>): Promise<T>;
  /** The least row. @throws ILLEGAL_STATE when there is none. */
  min(compare?: Compare<T>): Promise<T>;
  /** The sum of numbers, 0 for none. */
  sum(this: RDD<number>): Promise<number>;
  /** Of numbers, 0 for none. */
  mean(this: RDD<number>): Promise<number>;
  /** Of the numbers themselves; NaN for none. */
  variance(this: RDD<number>): Promise<number>;
  stdev(this: RDD<number>): Promise<number>;
  /** An estimate for what the numbers are a sample of; NaN for fewer than two. */
  sampleVariance(this: RDD<number>): Promise<number>;
  sampleStdev(this: RDD<number>): Promise<number>;
  /** All of these at once. */
  stats(this: RDD<number>): Promise<StatCounter>;
  /**
   * How many numbers are in each bucket, from its bound up to, not including, the next; the last bound belongs to the last bucket.
   * With a number of buckets: so many of one width from the least to the greatest number, their bounds and their counts.
   *
   * @throws INVALID_OPTION; ILLEGAL_STATE for a number of buckets and no numbers, or NaN or infinity among them.
   */
  histogram(this: RDD<number>, numBuckets: number): Promise<[bounds: number[], counts: number[]]>;
  histogram(this: RDD<number>, bounds: readonly number[]): Promise<number[]>;
  /** As `count`, exact: an action has all partitions at once when it has any, whatever its `timeout`. Here and below. */
  countApprox(timeout: Duration, confidence?: number): Promise<BoundedDouble>;
  countByValueApprox(timeout: Duration, confidence?: number): Promise<Map<T, BoundedDouble>>;
  sumApprox(this: RDD<number>, timeout: Duration, confidence?: number): Promise<BoundedDouble>;
  meanApprox(this: RDD<number>, timeout: Duration, confidence?: number): Promise<BoundedDouble>;
  /** How many different rows there are, about: by HyperLogLog, with the relative standard deviation `relativeSD` (default 0.05). */
  countApproxDistinct(relativeSD?: number): Promise<number>;
  /** The `n` greatest rows, the greatest first. */
  top(n: number, compare?: Compare<T>): Promise<T[]>;
  /** The `n` least rows, the least first. */
  takeOrdered(n: number, compare?: Compare<T>): Promise<T[]>;
  /** Exactly `n` rows by chance, or all when there are fewer; with replacement the same may come again. Repeatable with a `seed`. */
  takeSample(withReplacement: boolean, n: number, seed?: number): Promise<T[]>;
  /** Calls `f` with each row, and waits for it before the next. */
  foreach(f: (row: T) => Awaitable<void>): Promise<void>;
  /** Calls `f` with the rows of each partition, and waits for it before the next. */
  foreachPartition(f: (rows: Iterable<T>) => Awaitable<void>): Promise<void>;
  /** Row by row. */
  toLocalIterator(): AsyncIterableIterator<T>;
  /**
   * Writes a folder of text files, one for each partition, and `_SUCCESS`; it appears whole. Rows are as print() shows them.
   * A folder that is there already is refused, but replaced within foreachRDD, whose batch may run again.
   *
   * @throws FILE_UNAVAILABLE; UNKNOWN_OPTION, INVALID_OPTION
   */
  saveAsTextFile(path: string, options?: SaveTextOptions): Promise<void>;
}
