import type { OffsetRange } from "../../kafka/types.ts";
import type { BatchTimes } from "./presence.ts";

/** What a batch has of a source. */
export interface SourceFacts {
  readonly numPartitions: number;
  /** Of a Kafka source, one for each partition; else empty. */
  readonly offsetRanges: readonly OffsetRange[];
}

/** What driver and workers know of a batch before it runs: all that a function of transform may see besides broadcasts. */
export interface BatchFacts extends BatchTimes {
  /** By node id in the job's graph; a source without an RDD in this batch is missing. */
  readonly sources: Readonly<Record<number, SourceFacts>>;
  /** Names of the operators whose state began in an earlier batch. */
  readonly begun: readonly string[];
}
