import type { Rate, TopicPartition } from "../../kafka/types.ts";

/** A partition and how many records of it wait. */
export interface PartitionLag extends TopicPartition {
  readonly lag: number;
}

export interface PartitionRates {
  /** Of the stream as a whole, in records a second; undefined: no limit. */
  readonly rate: number | undefined;
  /** Of each partition, in records a second. */
  readonly maxRatePerPartition: Rate | undefined;
  /** Records of a partition in a batch, where any limit holds. */
  readonly minRatePerPartition: Rate | undefined;
  readonly batchSeconds: number;
}

/**
 * Spark's rate limits: how many records each partition may give to a batch. The stream's rate is divided by lag and capped by
 * the partition's own maximum; then floor(rate × batch seconds), at least the partition's minimum. Infinity without a limit.
 */
export function partitionLimits(partitions: readonly PartitionLag[], rates: PartitionRates): number[] {
  const { rate, maxRatePerPartition, minRatePerPartition, batchSeconds } = rates;
  const totalLag = partitions.reduce((sum, { lag }) => sum + lag, 0);
  return partitions.map(({ topic, partition, lag }) => {
    const at = { topic, partition };
    const max = rateOf(maxRatePerPartition, at) || Number.POSITIVE_INFINITY;
    const share = rate === undefined || totalLag === 0 ? Number.POSITIVE_INFINITY : (lag / totalLag) * rate;
    const limit = Math.min(share, max);
    if (limit === Number.POSITIVE_INFINITY) return limit;
    return Math.max(Math.floor(limit * batchSeconds), rateOf(minRatePerPartition, at) ?? 1, 1);
  });
}

function rateOf(rate: Rate | undefined, at: TopicPartition): number | undefined {
  return typeof rate === "function" ? rate(at) : rate;
}
