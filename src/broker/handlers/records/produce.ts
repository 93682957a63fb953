import { shownError } from "../../../errors/shown/shown-error.ts";
import { codecs } from "../../../kafka/compression/codec.ts";
import { kafkaErrorName, kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../../kafka/protocol/topic-partitions.ts";
import { batchAttribute, batchField, batchHeaderBytes } from "../../../kafka/record-batch/batch-header.ts";
import type { BrokerState } from "../../broker-state.ts";
import { framedBatch } from "../../log/batches/framed-batch.ts";
import type { AppendResult } from "../../log/partition-log.ts";
import type { Handler, RequestContext } from "../handler.ts";

export interface PartitionProduce {
  readonly topic: string;
  readonly partition: number;
  readonly records: Buffer;
}

export interface ProduceTerms {
  readonly transactionalId: string | null;
  readonly acks: number;
  /** How long replicas may take. */
  readonly timeoutMs: number;
  /** Kafka takes zstd only from producers that know it. */
  readonly knowsZstd: boolean;
}

export type Produced<R> = readonly { readonly topic: string; readonly partitions: readonly R[] }[];

export const produce: Handler = (context) => {
  const { terms, topics } = readProduce(context);
  const results = topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((request) => ({
      partition: request.partition,
      ...append(context.broker, request, terms),
    })),
  }));
  return writeProduced(context, terms, results);
};

export function readProduce({ reader, version }: RequestContext): {
  readonly terms: ProduceTerms;
  readonly topics: Produced<PartitionProduce>;
} {
  const [transactionalId, acks, timeoutMs] = [reader.nullableString(), reader.int16(), reader.int32()];
  const topics = readTopics(reader, (topic): PartitionProduce => {
    const [partition, records] = [reader.int32(), reader.nullableBytes() ?? Buffer.alloc(0)];
    reader.tags();
    return { topic, partition, records };
  });
  reader.tags();
  return { terms: { transactionalId, acks, timeoutMs, knowsZstd: version >= 7 }, topics };
}

export function writeProduced(
  { writer, version }: RequestContext,
  { acks }: ProduceTerms,
  results: Produced<AppendResult & { readonly partition: number }>,
): undefined | false {
  if (acks === 0) {
    const failed = results.flatMap(({ partitions }) => partitions).find(({ errorCode }) => errorCode !== 0);
    // Without answers this is how a producer learns that something is wrong, and asks for metadata.
    if (failed !== undefined) throw new Error(`a batch without acknowledgement: ${kafkaErrorName(failed.errorCode)}`);
    return false;
  }
  writeTopics(writer, results, (result) => {
    const { partition, errorCode, baseOffset, startOffset, appendTimeMs, message = null, records = [] } = result;
    writer.int32(partition).int16(errorCode).int64(baseOffset).int64(appendTimeMs);
    if (version >= 5) writer.int64(startOffset);
    if (version >= 8) {
      writer.array(records, (record) => writer.int32(record.index).string(record.message).tags());
      writer.string(message);
    }
    writer.tags();
  });
  writer.int32(0).tags();
  return undefined;
}

export function append(broker: BrokerState, request: PartitionProduce, terms: ProduceTerms): AppendResult {
  const { topic, partition, records } = request;
  const log = broker.topics.partition(topic, partition);
  if (log === undefined) return failed(kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code);
  if (!log.isLeader) return failed(kafkaErrors.NOT_LEADER_OR_FOLLOWER.code);
  const framed = framedBatch(records);
  if (!("batch" in framed)) return { ...failed(framed.errorCode), message: framed.message };
  const { batch } = framed;
  const attributes = attributesOf(batch);
  if ((attributes & batchAttribute.codecMask) === codecs.zstd && !terms.knowsZstd)
    return failed(kafkaErrors.UNSUPPORTED_COMPRESSION_TYPE.code);
  if (terms.acks < -1 || terms.acks > 1) return failed(kafkaErrors.INVALID_REQUIRED_ACKS.code);
  const isTransactional = (attributes & batchAttribute.transactional) !== 0;
  const errorCode = isTransactional ? verify(broker, { topic, partition, batch }, terms) : 0;
  if (errorCode !== 0) return failed(errorCode);
  try {
    const result = log.append(batch);
    broker.topics.enforceBounds(log);
    return result;
  } catch (error) {
    broker.log(`${topic}-${partition} cannot be written: ${shownError(error)}`);
    return failed(kafkaErrors.KAFKA_STORAGE_ERROR.code);
  }
}

/** Whether a transactional batch belongs to an open transaction that has the partition. */
function verify(
  broker: BrokerState,
  { topic, partition, batch }: { readonly topic: string; readonly partition: number; readonly batch: Buffer },
  terms: ProduceTerms,
): number {
  if (terms.transactionalId === null) return kafkaErrors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED.code;
  const producerId = Number(batch.readBigInt64BE(batchField.producerId));
  // A batch of nobody belongs to no transaction, whatever it says.
  if (producerId < 0) return 0;
  const producer = { producerId, epoch: batch.readInt16BE(batchField.producerEpoch) };
  return broker.transactions.verify(terms.transactionalId, producer, { topic, partition });
}

/** Of a batch whose header is cut off: none. */
function attributesOf(batch: Buffer): number {
  return batch.length >= batchHeaderBytes ? batch.readInt16BE(batchField.attributes) : 0;
}

export function failed(errorCode: number): AppendResult {
  return { errorCode, baseOffset: -1, startOffset: -1, appendTimeMs: -1 };
}
