import type { OffsetRange } from "../kafka/types.ts";

/** The rows of one batch, partition by partition. Its actions run on the driver, over rows that the batch already has. */
export interface RDD<T> {
  readonly numPartitions: number;
  /** Of the Kafka stream it derives from without a shuffle, one for each partition; else empty. */
  readonly offsetRanges: readonly OffsetRange[];
  /** All rows, partition by partition. @throws RESULT_TOO_LARGE when they have more bytes than `maxResultBytes`. */
  collect(): Promise<T[]>;
  /** The first `n` rows. @throws RESULT_TOO_LARGE when they are not among the rows that the driver has. */
  take(n: number): Promise<T[]>;
  /** The first row. @throws ILLEGAL_STATE when there is none. */
  first(): Promise<T>;
  count(): Promise<number>;
  isEmpty(): Promise<boolean>;
}

/** An RDD of pairs. */
export interface PairRDD<K, V> extends RDD<readonly [K, V]> {
  /** The pairs as a map; of pairs with one key the last one stays. @throws RESULT_TOO_LARGE as `collect`. */
  collectAsMap(): Promise<Map<K, V>>;
}
