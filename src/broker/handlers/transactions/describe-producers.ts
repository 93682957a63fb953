import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../../kafka/protocol/topic-partitions.ts";
import type { Handler } from "../handler.ts";

/** The idempotent producers of partitions, and where their open transactions begin. */
export const describeProducers: Handler = ({ broker, reader, writer }) => {
  const topics = readTopics(reader, (topic) => ({ topic, partition: reader.int32() }));
  reader.tags();
  writer.int32(0);
  writeTopics(writer, topics, ({ topic, partition }) => {
    const producers = broker.topics.partition(topic, partition)?.producers;
    const errorCode = producers === undefined ? kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code : 0;
    const message = producers === undefined ? "This server does not host this topic-partition." : null;
    writer.int32(partition).int16(errorCode).string(message);
    writer.array(producers?.all() ?? [], ({ producerId, openOffset, ...producer }) => {
      writer.int64(producerId).int32(producer.epoch).int32(producer.lastSequence).int64(producer.lastSeenMs);
      writer.int32(producer.coordinatorEpoch).int64(openOffset).tags();
    });
    writer.tags();
  });
  writer.tags();
  return undefined;
};
