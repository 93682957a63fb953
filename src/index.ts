/** dstream: Spark Streaming on Kafka, for TypeScript. The public names, one by one. @module */
import "./runtime/require-node.ts";

export type { SparkConnectionOptions } from "./cluster/spark/connect/connection-options.ts";
export type {
  BatchInfo,
  BatchStall,
  OutputOperationInfo,
  ReceiverInfo,
  StreamingListener,
} from "./driver/listener.ts";
export type { BatchProgress, JobProgress, StateProgress } from "./driver/progress.ts";
export { PIDRateEstimator, type PIDRateEstimatorOptions } from "./driver/rate/pid-rate-estimator.ts";
export type { BackpressureOptions } from "./driver/rate/rate-controller.ts";
export { Receiver } from "./driver/receivers/receiver.ts";
export type { ErrorCode } from "./errors/codes.ts";
export { DStreamError } from "./errors/dstream-error.ts";
export { RetryableError } from "./errors/retryable-error.ts";
export { KafkaProducer, type ProducerRecord } from "./kafka/producer/kafka-producer.ts";
export type { RecordPosition } from "./kafka/producer/producer-batch.ts";
export type { KafkaProducerOptions } from "./kafka/producer/producer-options.ts";
export { deserializers } from "./kafka/source/deserializers.ts";
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
  Rate,
  Serializer,
  Subscription,
} from "./kafka/types.ts";
export type { TaskInfo } from "./plan/nodes/map-partitions.ts";
export type { Partitioner } from "./plan/partitioner.ts";
export type { SinkRecord } from "./plan/sink-record.ts";
export type { Clock } from "./runtime/clock.ts";
export { Accumulator } from "./streaming/accumulator.ts";
export { Broadcast } from "./streaming/broadcast.ts";
export type { StreamingContextOptions } from "./streaming/context-options.ts";
export { DStream } from "./streaming/dstream.ts";
export { type Duration, milliseconds, minutes, seconds } from "./streaming/duration.ts";
export type { FileStreamOptions } from "./streaming/file-input.ts";
export type { KafkaRDDOptions } from "./streaming/kafka-rdd.ts";
export type { KafkaSinkOptions } from "./streaming/kafka-sink.ts";
export { KafkaDStream, KafkaUtils } from "./streaming/kafka-utils.ts";
export { LocationStrategies } from "./streaming/location-strategies.ts";
export type { MapWithStateDStream } from "./streaming/map-with-state-dstream.ts";
export {
  type CombineOptions,
  PairDStream,
  type ReduceWindowOptions,
  type UpdatePartitionOptions,
  type UpdateStateOptions,
} from "./streaming/pair-dstream.ts";
export type { QueueStreamOptions } from "./streaming/queue-input.ts";
export type { BoundedDouble } from "./streaming/rdd/approximate-actions.ts";
export type { PairRDD } from "./streaming/rdd/pair-rdd.ts";
export type { PipeOptions } from "./streaming/rdd/piped.ts";
export type { Compare, RDD } from "./streaming/rdd/rdd.ts";
export type { SaveTextOptions } from "./streaming/rdd/save-text.ts";
export { StatCounter } from "./streaming/rdd/stat-counter.ts";
export type { SocketStreamOptions } from "./streaming/socket-input.ts";
export { type MappingFunction, type State, StateSpec, type StateSpecOptions } from "./streaming/state-spec.ts";
export { StatsReportListener } from "./streaming/stats-report-listener.ts";
export type { StorageLevel } from "./streaming/storage-level.ts";
export { type ContextState, StreamingContext } from "./streaming/streaming-context.ts";
export type { Awaitable, Pair, RDDOf, StreamOf, Time, Widen } from "./streaming/types.ts";
