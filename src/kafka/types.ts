import type { DStreamError } from "../errors/dstream-error.ts";

/** How Kafka is reached. */
export interface KafkaConnection {
  /** "host:port" of some brokers; the others are found through them. */
  readonly brokers?: readonly string[];
  /** Shown in the brokers' logs and quotas. */
  readonly clientId?: string;
  /** TLS: true for the system's certificate authorities, or options of node:tls. Default: none. */
  readonly tls?: boolean | object;
  /** How the client authenticates. Default: not at all, or by the certificate of `tls`. */
  readonly sasl?: KafkaSasl;
}

/** Credentials. Sessions that the broker limits (`connections.max.reauth.ms`) are renewed while the connection is in use. */
export interface KafkaSasl {
  /** PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or AWS_MSK_IAM, in upper or lower case. */
  readonly mechanism: string;
  /** Of PLAIN and SCRAM. */
  readonly username?: string;
  /** Of PLAIN and SCRAM. */
  readonly password?: string;
  /**
   * Of OAUTHBEARER: gives a token that is valid now. Called for each connection and each renewal, wherever the job reads or writes:
   * also on worker threads. It has 10 seconds; one that throws is called again while the job waits for its brokers.
   */
  readonly token?: () => string | PromiseLike<string>;
  /** Of OAUTHBEARER, in place of `token`: an identity provider that gives tokens to the job itself. */
  readonly oidc?: OidcOptions;
  /** Of AWS_MSK_IAM: the cluster's region. Needs the package aws-msk-iam-sasl-signer-js, which finds credentials as AWS's tools do. */
  readonly region?: string;
}

/** OAuth 2.0 client credentials. A token is asked for when the last one has lived 70 % of its time, once for all connections of a thread. */
export interface OidcOptions {
  /** The provider's URL for tokens. Its certificate has to be known to Node (NODE_EXTRA_CA_CERTS). */
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Default: what the provider gives. */
  readonly scope?: string;
}

/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Records of one partition: offsets from `fromOffset` up to, not including, `untilOffset`. */
export interface OffsetRange {
  readonly topic: string;
  readonly partition: number;
  readonly fromOffset: number;
  readonly untilOffset: number;
}

/** Records of a partition that a stream has not planned yet. Of a stream with more than 1,000 partitions: of a topic as a whole. */
export interface PartitionLag {
  readonly topic: string;
  /** Missing: all of the topic. */
  readonly partition?: number;
  readonly lag: number;
}

/** A range, and the epoch of the leader under whom the records before its end were there; missing where that is not known. */
export interface PlannedRange extends OffsetRange {
  readonly leaderEpoch?: number | undefined;
}

/** A record as a stream has it. */
export interface ConsumerRecord<K, V> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch ms; when the record was made or appended, as the topic is configured. */
  readonly timestamp: number;
  readonly key: K | null;
  readonly value: V;
  readonly headers: readonly (readonly [string, Uint8Array | null])[];
}

/** Makes a key or value of its bytes, which may be kept. Whatever it throws becomes DESERIALIZATION_FAILED. */
export type Deserializer<T> = (
  bytes: Uint8Array,
  at: { readonly topic: string; readonly partition: number; readonly offset: number },
) => T;

/** The bytes of a value; null for none. */
export type Serializer<T> = (value: T) => Uint8Array | null;

/** A rate of each partition, or a function that gives it: called in the driver, for each batch. It cannot wait. */
export type Rate = number | ((at: { readonly topic: string; readonly partition: number }) => number);

/** Which partitions a stream reads. */
export type Subscription =
  | { readonly topics: readonly string[] }
  | { readonly topicPattern: RegExp }
  | { readonly assign: readonly { readonly topic: string; readonly partition: number }[] };

/** What happens to records without a value. */
export type NullValues = "fail" | "skip" | "keep";

/** Where a stream goes on when the log no longer has what it wants. */
export type OutOfRange = "fail" | "earliest" | "latest";

/** What happens to a batch of records that nobody can read. */
export type CorruptBatchPolicy = "fail" | "skip";

/** What happens when the log has other records than those that were read. */
export type LogTruncationPolicy = "fail" | "continue";

/** Which worker reads a partition by preference: made by LocationStrategies. */
export type LocationStrategy =
  | { readonly kind: "consistent" }
  | { readonly kind: "brokers" }
  | { readonly kind: "fixed"; readonly hosts: Readonly<Record<string, string>> };

/** Options of KafkaUtils.createDirectStream. */
export type KafkaSourceOptions<K, V, N extends NullValues> = KafkaConnection &
  Subscription & {
    /**
     * The consumer group whose offsets show how far the stream is. Default: the appName. Streams of one job that read the same
     * partitions need a group each (INVALID_OPTION at start; with a checkpoint, whose offsets count, a warning).
     */
    readonly groupId?: string;
    /**
     * Where to begin; overrides the group's offsets. A list names partitions that the stream reads (else INVALID_OPTION); those
     * that it does not name begin at the group's offsets, else as `autoOffsetReset` says.
     */
    readonly startingOffsets?:
      | "group"
      | "earliest"
      | "latest"
      | { readonly timestamp: number }
      | readonly { readonly topic: string; readonly partition: number; readonly offset: number }[];
    /** Where to begin without a position. Default "latest"; "none" fails. */
    readonly autoOffsetReset?: "earliest" | "latest" | "none";
    /** Default "read_committed". */
    readonly isolationLevel?: "read_committed" | "read_uncommitted";
    /** Default: UTF-8 text. */
    readonly keyDeserializer?: Deserializer<K>;
    /** Default: UTF-8 text. */
    readonly valueDeserializer?: Deserializer<V>;
    /** Default "fail". */
    readonly nullValues?: N;
    /**
     * Default "fail". A handler gets the raw record, which is then left out; it may be async, and the batch waits for it. What it
     * throws or rejects with fails the batch (USER_FUNCTION_FAILED).
     */
    readonly onDeserializationError?:
      | "fail"
      | "skip"
      | ((raw: ConsumerRecord<Uint8Array, Uint8Array | null>, error: DStreamError) => void)
      | ((raw: ConsumerRecord<Uint8Array, Uint8Array | null>, error: DStreamError) => Promise<void>);
    /**
     * When records were deleted before they were read, or the log is shorter than it was. Default "fail". Else the stream goes
     * on at the first record that is left, or behind all records.
     */
    readonly onOffsetOutOfRange?: OutOfRange;
    /**
     * When a log has lost records at its end that were read already, and may have others at their offsets: after the election of a
     * replica that was behind (`unclean.leader.election.enable`), or when a disk was restored. Default "fail", with LOG_TRUNCATED,
     * which says where the logs part. With "continue" the stream goes on there, with a warning: records that are gone stay in what was
     * computed, and those in their place are read. Of a log that is only shorter `onOffsetOutOfRange` decides, where it is given and
     * this is not. Seen when a batch is planned, and while it is read, except on Spark, whose own client reads.
     */
    readonly onLogTruncation?: LogTruncationPolicy;
    /**
     * When a record batch is damaged so that nobody can read it. Default "fail", with CORRUPT_BATCH. With "skip" it is left out with a
     * warning that says how many offsets it takes, and `progress.offsetsSkipped` counts them; a batch whose header is damaged and
     * markers of transactions are never skipped. On Spark the Java client reads, which fails.
     */
    readonly onCorruptBatch?: CorruptBatchPolicy;
    /** Bytes that one record batch may have once decompressed. A larger one ends the job. Default 64 MiB. */
    readonly maxDecompressedBytes?: number;
    /** At most this many records per second and partition; a function may give 0 for no limit. Default: no limit. */
    readonly maxRatePerPartition?: Rate;
    /** At least this many whole records of a partition in a batch, where a rate is in force. Default 1. */
    readonly minRatePerPartition?: Rate;
    /** Accepted for Spark's sake, see LocationStrategies. */
    readonly locationStrategy?: LocationStrategy;
    /** Commit the group's offsets after each batch, so that Kafka's tools show the lag. Default true. */
    readonly commitOffsets?: boolean;
  };
