import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../kafka/protocol/topic-partitions.ts";
import type { Handler } from "./handler.ts";

/** The idempotent producers of partitions, and where their open transactions begin. */
export const describeProducers: Handler = ({ broker, reader, writer }) => {
  const topics = readTopics(reader, (topic) => ({ topic, partition: reader.int32() }));
  reader.tags();
  writer.int32(0);
  writeTopics(writer, topics, ({ topic, partition }) => {
    const producers = broker.topics.partition(topic, partition)?.producers;
    const errorCode = producers === undefined ? kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code : 0;
    writer.int32(partition).int16(errorCode).string(null);
    writer.array(producers?.all() ?? [], ({ producerId, epoch, lastSequence, lastSeenMs, openOffset }) => {
      writer.int64(producerId).int32(epoch).int32(lastSequence).int64(lastSeenMs);
      writer.int32(0).int64(openOffset).tags();
    });
    writer.tags();
  });
  writer.tags();
  return undefined;
};
