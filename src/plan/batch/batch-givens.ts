import type { OffsetRange } from "../../kafka/types.ts";
import type { BatchTimes } from "./presence.ts";

/** What a batch is given of a source. */
export interface GivenSource {
  readonly numPartitions: number;
  /** Of a Kafka source, one for each partition; else empty. */
  readonly offsetRanges: readonly OffsetRange[];
}

/** What is given of a batch before it runs, to driver and workers alike: all that a function of transform may see besides broadcasts. */
export interface BatchGivens extends BatchTimes {
  /** By node id in the job's graph; a source without an RDD in this batch is missing. */
  readonly sources: Readonly<Record<number, GivenSource>>;
  /** Names of the operators whose state began in an earlier batch. */
  readonly begun: readonly string[];
}
