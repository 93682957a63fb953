import { shownError } from "../../errors/shown-error.ts";
import { kafkaErrorName, kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../kafka/protocol/topic-partitions.ts";
import { batchAttribute, batchField, batchHeaderBytes } from "../../kafka/record-batch/batch-header.ts";
import type { BrokerState } from "../broker-state.ts";
import type { AppendResult } from "../log/partition-log.ts";
import type { Handler } from "./handler.ts";

interface PartitionProduce {
  readonly topic: string;
  readonly partition: number;
  readonly records: Buffer;
}

interface ProduceTerms {
  readonly transactionalId: string | null;
  readonly acks: number;
}

export const produce: Handler = ({ broker, reader, writer, version }) => {
  const terms = { transactionalId: reader.nullableString(), acks: reader.int16() };
  reader.int32();
  const topics = readTopics(reader, (topic): PartitionProduce => {
    const [partition, records] = [reader.int32(), reader.nullableBytes() ?? Buffer.alloc(0)];
    reader.tags();
    return { topic, partition, records };
  });
  reader.tags();
  const results = topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((request) => ({ ...request, ...append(broker, request, terms) })),
  }));
  if (terms.acks === 0) {
    const failed = results.flatMap(({ partitions }) => partitions).find(({ errorCode }) => errorCode !== 0);
    // Without answers this is how a producer learns that something is wrong, and asks for metadata.
    if (failed !== undefined) throw new Error(`a batch without acknowledgement: ${kafkaErrorName(failed.errorCode)}`);
    return false;
  }
  writeTopics(writer, results, ({ topic, partition, errorCode, baseOffset, appendTimeMs, message }) => {
    writer.int32(partition).int16(errorCode).int64(baseOffset).int64(appendTimeMs);
    if (version >= 5)
      writer.int64(errorCode === 0 ? (broker.topics.partition(topic, partition)?.startOffset ?? -1) : -1);
    if (version >= 8) writer.array([], () => {}).string(message ?? null);
    writer.tags();
  });
  writer.int32(0).tags();
  return undefined;
};

function append(broker: BrokerState, request: PartitionProduce, terms: ProduceTerms): AppendResult {
  const { topic, partition, records } = request;
  const log = broker.topics.partition(topic, partition);
  if (log === undefined) return failed(kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code);
  if (terms.acks < -1 || terms.acks > 1) return failed(kafkaErrors.INVALID_REQUIRED_ACKS.code);
  const errorCode = isTransactional(records) ? verify(broker, request, terms) : 0;
  if (errorCode !== 0) return failed(errorCode);
  try {
    const result = log.append(records);
    broker.topics.enforceBounds(log);
    return result;
  } catch (error) {
    broker.log(`${topic}-${partition} cannot be written: ${shownError(error)}`);
    return failed(kafkaErrors.KAFKA_STORAGE_ERROR.code);
  }
}

/** Whether a transactional batch belongs to an open transaction that has the partition. */
function verify(broker: BrokerState, { topic, partition, records }: PartitionProduce, terms: ProduceTerms): number {
  if (terms.transactionalId === null) return kafkaErrors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED.code;
  const producer = {
    producerId: Number(records.readBigInt64BE(batchField.producerId)),
    epoch: records.readInt16BE(batchField.producerEpoch),
  };
  return broker.transactions.verify(terms.transactionalId, producer, { topic, partition });
}

function isTransactional(records: Buffer): boolean {
  return (
    records.length >= batchHeaderBytes &&
    (records.readInt16BE(batchField.attributes) & batchAttribute.transactional) !== 0
  );
}

function failed(errorCode: number): AppendResult {
  return { errorCode, baseOffset: -1, appendTimeMs: -1 };
}
