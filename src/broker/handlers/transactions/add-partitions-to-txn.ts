import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../../kafka/protocol/topic-partitions.ts";
import type { Handler } from "../handler.ts";
import { fencedBefore } from "./fenced.ts";

/** All partitions are added, or none. */
export const addPartitionsToTxn: Handler = ({ broker, reader, writer, version }) => {
  const [id, producerId, epoch] = [reader.string(), reader.int64(), reader.int16()];
  const topics = readTopics(reader, (topic) => ({ topic, partition: reader.int32() }));
  reader.tags();
  const partitions = topics.flatMap((topic) => topic.partitions);
  const isMissing = ({ topic, partition }: { topic: string; partition: number }): boolean =>
    broker.topics.partition(topic, partition) === undefined;
  const isRefused = partitions.some(isMissing);
  const errorCode = isRefused
    ? kafkaErrors.OPERATION_NOT_ATTEMPTED.code
    : fencedBefore(2, version, broker.transactions.addPartitions(id, { producerId, epoch }, partitions));
  writer.int32(0);
  writeTopics(writer, topics, (place) => {
    const own = isMissing(place) ? kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code : errorCode;
    writer.int32(place.partition).int16(own).tags();
  });
  writer.tags();
  return undefined;
};
