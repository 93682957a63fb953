import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../kafka/protocol/topic-partitions.ts";
import type { Handler } from "./handler.ts";

const latest = -1;
const earliest = -2;

export const listOffsets: Handler = ({ broker, reader, writer, version }) => {
  reader.int32();
  const isCommitted = version >= 2 && reader.int8() === 1;
  const topics = readTopics(reader, (topic) => {
    const partition = reader.int32();
    if (version >= 4) reader.int32();
    const timestamp = reader.int64();
    reader.tags();
    const log = broker.topics.partition(topic, partition);
    if (log === undefined)
      return { partition, errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code, timestamp: -1, offset: -1 };
    if (timestamp === latest)
      return { partition, errorCode: 0, timestamp: -1, offset: isCommitted ? log.lastStableOffset : log.endOffset };
    if (timestamp === earliest) return { partition, errorCode: 0, timestamp: -1, offset: log.startOffset };
    return { partition, errorCode: 0, ...(log.offsetAt(timestamp) ?? { timestamp: -1, offset: -1 }) };
  });
  if (version >= 2) writer.int32(0);
  writeTopics(writer, topics, ({ partition, errorCode, timestamp, offset }) => {
    writer.int32(partition).int16(errorCode).int64(timestamp).int64(offset);
    if (version >= 4) writer.int32(0);
    writer.tags();
  });
  writer.tags();
  return undefined;
};
