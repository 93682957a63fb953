/** A record to send, before keys and values are bytes. Text is written as UTF-8. */
export interface SinkRecord {
  /** Default: the sink's. */
  readonly topic?: string;
  /** Default: by the key, as Kafka's other clients choose it; without a key the partitions take turns, a batch each. */
  readonly partition?: number;
  readonly key?: string | Uint8Array | null;
  /** null for none: a tombstone, in a compacted topic. */
  readonly value: string | Uint8Array | null;
  /** Names and values in order; names may repeat. A consumed record's may be passed on as they are. */
  readonly headers?: readonly (readonly [string, string | Uint8Array | null])[];
  /** Epoch milliseconds, a whole number. Default: when it is sent. */
  readonly timestamp?: number;
}
