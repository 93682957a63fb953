/** The records of one partition in a produce request. */
export interface PartitionRecords {
  readonly partition: number;
  /** One record batch. */
  readonly records: Uint8Array;
}

export interface ProduceRequest {
  /** All in-sync replicas. */
  readonly acks: -1;
  /** How long the broker may wait for its replicas. */
  readonly timeoutMs: number;
  readonly transactionalId: string | null;
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly PartitionRecords[] }[];
}

/** A broker's answer for one partition; `errorCode` is Kafka's, 0 for success. */
export interface PartitionResult {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** Offset of the batch's first record; -1 where the broker does not know it any more. */
  readonly baseOffset: number;
  readonly errorMessage: string | null;
}

/** Under which name a broker counts a producer's batches. */
export interface ProducerEpoch {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** What a producer needs of the client that holds the connections. Every promise settles in bounded time. */
export interface ProducerNetwork {
  /** Where all that is sent belongs to a transaction. */
  readonly transactionalId?: string;
  /** @throws TOPIC_NOT_FOUND naming topics that look alike, BROKER_UNREACHABLE */
  partitionCount(topic: string): Promise<number>;
  /** The node that leads a partition, as the newest metadata says. */
  leaderOf(topic: string, partition: number): Promise<{ readonly nodeId: number }>;
  /** How many partitions topics have by now, leaders or not, asked of a broker; topics that it does not know are left out. */
  partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Asks a broker anew. */
  refreshMetadata(topics: readonly string[]): Promise<unknown>;
  initProducerId(): Promise<ProducerEpoch>;
  /** Sends to one node; requests to the same node arrive in the order of the calls. */
  produce(
    request: ProduceRequest,
    leaderNodeId: number,
  ): Promise<{ readonly throttleMs: number; readonly partitions: readonly PartitionResult[] }>;
}
