/** dstream: Spark Streaming on Kafka, for TypeScript. The public names, one by one. @module */
import "./runtime/process/require-node.ts";

export type { SparkConnectionOptions } from "./cluster/spark/connect/connection-options.ts";
export type { ErrorCode } from "./errors/codes.ts";
export { DStreamError } from "./errors/dstream-error.ts";
export { RetryableError } from "./errors/retryable-error.ts";
export { KafkaProducer, type ProducerRecord } from "./kafka/producer/kafka-producer.ts";
export type { RecordPosition } from "./kafka/producer/producer-batch.ts";
export type { KafkaProducerOptions } from "./kafka/producer/producer-options.ts";
export type {
  ConsumerRecord,
  Deserializer,
  KafkaConnection,
  KafkaSasl,
  KafkaSourceOptions,
  LocationStrategy,
  NullValues,
  OffsetRange,
  OidcOptions,
  OutOfRange,
  PartitionLag,
  Rate,
  Serializer,
  Subscription,
} from "./kafka/types.ts";
export type {
  BatchFacts,
  BatchWork,
  EdgeFacts,
  Phase,
  SourceReads,
  StageFacts,
  StageTiming,
  StateFacts,
  TaskSpan,
  TransactionFacts,
} from "./listeners/facts/batch-facts.ts";
export type { EdgeTraffic, Span, TaskTime } from "./listeners/facts/task-facts.ts";
export type { BatchProgress, JobProgress } from "./listeners/progress.ts";
export type {
  BatchInfo,
  BatchStall,
  OutputOperationInfo,
  ReceiverInfo,
  StreamInputInfo,
  StreamingListener,
} from "./listeners/streaming-listener.ts";
export type { TaskInfo } from "./plan/graph/nodes/map-partitions.ts";
export type { Partitioner } from "./plan/partitioner.ts";
export type { SinkRecord } from "./plan/sink-record.ts";
export type { Logger } from "./runtime/log/logger.ts";
export type { Clock } from "./runtime/machine/clock.ts";
export { deserializers } from "./sources/kafka/reading/deserializers.ts";
export { PIDRateEstimator, type PIDRateEstimatorOptions } from "./sources/rate/pid-rate-estimator.ts";
export type { BackpressureOptions } from "./sources/rate/rate-controller.ts";
export { Receiver } from "./sources/receivers/receiver.ts";
export { Accumulator } from "./streaming/accumulator.ts";
export { Broadcast } from "./streaming/broadcast.ts";
export type { StreamingContextOptions } from "./streaming/context/context-options.ts";
export { StatsReportListener } from "./streaming/context/stats-report-listener.ts";
export { type ContextState, StreamingContext } from "./streaming/context/streaming-context.ts";
export { DStream } from "./streaming/dstream.ts";
export { type Duration, milliseconds, minutes, seconds } from "./streaming/duration.ts";
export type { FileStreamOptions } from "./streaming/input/file-input.ts";
export type { KafkaRDDOptions } from "./streaming/input/kafka-rdd.ts";
export { KafkaDStream, KafkaUtils } from "./streaming/input/kafka-utils.ts";
export { LocationStrategies } from "./streaming/input/location-strategies.ts";
export type { QueueStreamOptions } from "./streaming/input/queue-input.ts";
export type { SocketStreamOptions } from "./streaming/input/socket-input.ts";
export type { StorageLevel } from "./streaming/input/storage-level.ts";
export type { CombineOptions } from "./streaming/keyed/combine-options.ts";
export type { StateQuery } from "./streaming/keyed/state-query.ts";
export { type MappingFunction, type State, StateSpec, type StateSpecOptions } from "./streaming/keyed/state-spec.ts";
export type { KafkaSinkOptions } from "./streaming/output/kafka-sink.ts";
export {
  type MapWithStateDStream,
  PairDStream,
  type ReduceWindowOptions,
  type UpdatePartitionOptions,
  type UpdateStateOptions,
} from "./streaming/pair-dstream.ts";
export type { BoundedDouble } from "./streaming/rdd/actions/approximate-actions.ts";
export type { SaveTextOptions } from "./streaming/rdd/actions/save-text.ts";
export { StatCounter } from "./streaming/rdd/actions/stat-counter.ts";
export type { PipeOptions } from "./streaming/rdd/operators/piped.ts";
export type { PairRDD } from "./streaming/rdd/pair-rdd.ts";
export type { Compare, RDD } from "./streaming/rdd/rdd.ts";
export type { RDDOf, StreamOf } from "./streaming/stream-of.ts";
export type { Awaitable, Pair, Time, Widen } from "./streaming/types.ts";
