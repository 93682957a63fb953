import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../../kafka/protocol/topic-partitions.ts";
import type { BrokerState } from "../../broker-state.ts";
import type { Handler } from "../handler.ts";

/** Stands for the end of the log. */
const atEnd = -1;

/** Moves the start of logs. */
export const deleteRecords: Handler = ({ broker, reader, writer }) => {
  const topics = readTopics(reader, () => {
    const asked = { partition: reader.int32(), offset: reader.int64() };
    reader.tags();
    return asked;
  });
  reader.int32();
  reader.tags();
  const results = topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, offset }) => ({ partition, ...remove(broker, topic, partition, offset) })),
  }));
  writer.int32(0);
  writeTopics(writer, results, ({ partition, lowWatermark, errorCode }) =>
    writer.int32(partition).int64(lowWatermark).int16(errorCode).tags(),
  );
  writer.tags();
  return undefined;
};

function remove(
  { topics }: BrokerState,
  name: string,
  partition: number,
  asked: number,
): { readonly errorCode: number; readonly lowWatermark: number } {
  const failed = (errorCode: number): { errorCode: number; lowWatermark: number } => ({ errorCode, lowWatermark: -1 });
  const topic = topics.get(name);
  const log = topic?.partitions[partition];
  if (topic === undefined || log === undefined) return failed(kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code);
  if (!log.config.isDeleted) return failed(kafkaErrors.POLICY_VIOLATION.code);
  const offset = asked === atEnd ? log.endOffset : asked;
  if (offset < 0 || offset > log.endOffset) return failed(kafkaErrors.OFFSET_OUT_OF_RANGE.code);
  if (offset > log.startOffset) topics.deleteRecords(topic, partition, offset);
  return { errorCode: 0, lowWatermark: log.startOffset };
}
