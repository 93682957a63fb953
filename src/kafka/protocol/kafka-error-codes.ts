// Kafka's own error codes (https://kafka.apache.org/protocol#protocol_error_codes), as far as we send or understand them.

/** One of Kafka's errors. `retriable` is Kafka's own classification. */
export interface KafkaErrorEntry {
  readonly code: number;
  readonly retriable: boolean;
}

const fatal = (code: number): KafkaErrorEntry => ({ code, retriable: false });
const retriable = (code: number): KafkaErrorEntry => ({ code, retriable: true });

/** By Kafka's name. */
export const kafkaErrors = {
  UNKNOWN_SERVER_ERROR: fatal(-1),
  NONE: fatal(0),
  OFFSET_OUT_OF_RANGE: fatal(1),
  CORRUPT_MESSAGE: retriable(2),
  UNKNOWN_TOPIC_OR_PARTITION: retriable(3),
  LEADER_NOT_AVAILABLE: retriable(5),
  NOT_LEADER_OR_FOLLOWER: retriable(6),
  REQUEST_TIMED_OUT: retriable(7),
  BROKER_NOT_AVAILABLE: fatal(8),
  REPLICA_NOT_AVAILABLE: retriable(9),
  MESSAGE_TOO_LARGE: fatal(10),
  OFFSET_METADATA_TOO_LARGE: fatal(12),
  NETWORK_EXCEPTION: retriable(13),
  COORDINATOR_LOAD_IN_PROGRESS: retriable(14),
  COORDINATOR_NOT_AVAILABLE: retriable(15),
  NOT_COORDINATOR: retriable(16),
  INVALID_TOPIC_EXCEPTION: fatal(17),
  RECORD_LIST_TOO_LARGE: fatal(18),
  NOT_ENOUGH_REPLICAS: retriable(19),
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: retriable(20),
  INVALID_REQUIRED_ACKS: fatal(21),
  ILLEGAL_GENERATION: fatal(22),
  INCONSISTENT_GROUP_PROTOCOL: fatal(23),
  INVALID_GROUP_ID: fatal(24),
  UNKNOWN_MEMBER_ID: fatal(25),
  INVALID_SESSION_TIMEOUT: fatal(26),
  REBALANCE_IN_PROGRESS: fatal(27),
  INVALID_COMMIT_OFFSET_SIZE: fatal(28),
  TOPIC_AUTHORIZATION_FAILED: fatal(29),
  GROUP_AUTHORIZATION_FAILED: fatal(30),
  CLUSTER_AUTHORIZATION_FAILED: fatal(31),
  INVALID_TIMESTAMP: fatal(32),
  UNSUPPORTED_SASL_MECHANISM: fatal(33),
  ILLEGAL_SASL_STATE: fatal(34),
  UNSUPPORTED_VERSION: fatal(35),
  TOPIC_ALREADY_EXISTS: fatal(36),
  INVALID_PARTITIONS: fatal(37),
  INVALID_REPLICATION_FACTOR: fatal(38),
  INVALID_REPLICA_ASSIGNMENT: fatal(39),
  INVALID_CONFIG: fatal(40),
  NOT_CONTROLLER: retriable(41),
  INVALID_REQUEST: fatal(42),
  UNSUPPORTED_FOR_MESSAGE_FORMAT: fatal(43),
  POLICY_VIOLATION: fatal(44),
  OUT_OF_ORDER_SEQUENCE_NUMBER: fatal(45),
  DUPLICATE_SEQUENCE_NUMBER: fatal(46),
  INVALID_PRODUCER_EPOCH: fatal(47),
  INVALID_TXN_STATE: fatal(48),
  INVALID_PRODUCER_ID_MAPPING: fatal(49),
  INVALID_TRANSACTION_TIMEOUT: fatal(50),
  CONCURRENT_TRANSACTIONS: retriable(51),
  TRANSACTION_COORDINATOR_FENCED: fatal(52),
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: fatal(53),
  OPERATION_NOT_ATTEMPTED: fatal(55),
  KAFKA_STORAGE_ERROR: retriable(56),
  SASL_AUTHENTICATION_FAILED: fatal(58),
  UNKNOWN_PRODUCER_ID: fatal(59),
  NON_EMPTY_GROUP: fatal(68),
  GROUP_ID_NOT_FOUND: fatal(69),
  FETCH_SESSION_ID_NOT_FOUND: retriable(70),
  INVALID_FETCH_SESSION_EPOCH: retriable(71),
  FENCED_LEADER_EPOCH: retriable(74),
  UNKNOWN_LEADER_EPOCH: retriable(75),
  UNSUPPORTED_COMPRESSION_TYPE: fatal(76),
  OFFSET_NOT_AVAILABLE: retriable(78),
  MEMBER_ID_REQUIRED: fatal(79),
  FENCED_INSTANCE_ID: fatal(82),
  GROUP_SUBSCRIBED_TO_TOPIC: fatal(86),
  INVALID_RECORD: fatal(87),
  UNSTABLE_OFFSET_COMMIT: retriable(88),
  PRODUCER_FENCED: fatal(90),
  UNKNOWN_TOPIC_ID: retriable(100),
  TRANSACTIONAL_ID_NOT_FOUND: fatal(105),
  FENCED_MEMBER_EPOCH: fatal(110),
  STALE_MEMBER_EPOCH: fatal(113),
  MISMATCHED_ENDPOINT_TYPE: fatal(114),
  UNSUPPORTED_ENDPOINT_TYPE: fatal(115),
  TRANSACTION_ABORTABLE: fatal(120),
} as const satisfies Record<string, KafkaErrorEntry>;

export type KafkaErrorName = keyof typeof kafkaErrors;

const names: ReadonlyMap<number, KafkaErrorName> = new Map(
  Object.entries(kafkaErrors).map(([name, { code }]) => [code, name as KafkaErrorName]),
);

/** Kafka's name of a code; codes that are not in the table read "error 123". */
export function kafkaErrorName(code: number): string {
  return names.get(code) ?? `error ${code}`;
}

/** Whether Kafka says that the same request may succeed later; false for codes that are not in the table. */
export function isRetriable(code: number): boolean {
  const name = names.get(code);
  return name !== undefined && kafkaErrors[name].retriable;
}

/** Whether the broker knows who asks and does not let them: of topics, groups, transactional ids and the cluster. */
export function isNotAllowed(code: number): boolean {
  return kafkaErrorName(code).endsWith("_AUTHORIZATION_FAILED");
}
