/** A topic's configuration as far as its logs obey it; named as Kafka names it, −1 for no bound. */
export interface LogConfig {
  readonly isDeleted: boolean;
  readonly isCompacted: boolean;
  readonly deleteRetentionMs: number;
  readonly maxCompactionLagMs: number;
  readonly minCleanableRatio: number;
  readonly minCompactionLagMs: number;
  readonly compression: "producer" | "none" | "gzip" | "snappy" | "lz4" | "zstd";
  readonly flushMessages: number;
  readonly maxDecompressedBytes: number;
  readonly maxMessageBytes: number;
  readonly retentionBytes: number;
  readonly retentionMs: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly timestampAfterMaxMs: number;
  readonly timestampBeforeMaxMs: number;
  readonly usesAppendTime: boolean;
}
