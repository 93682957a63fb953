import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../kafka/protocol/topic-partitions.ts";
import type { Handler } from "./handler.ts";

export const produce: Handler = ({ broker, reader, writer, version }) => {
  reader.nullableString();
  const acks = reader.int16();
  reader.int32();
  const topics = readTopics(reader, (topic) => {
    const partition = reader.int32();
    const records = reader.nullableBytes();
    reader.tags();
    const found = broker.topics.get(topic);
    const log = found?.partitions[partition];
    if (found === undefined || log === undefined)
      return { partition, errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code, baseOffset: -1, start: -1 };
    // The one copy: the log keeps the bytes, the frame is let go.
    const own = Buffer.allocUnsafeSlow(records?.length ?? 0);
    records?.copy(own);
    return { partition, ...log.append(own, broker.topics.limits(found)), start: log.startOffset };
  });
  broker.topics.enforceBound();
  if (acks === 0) return false;
  writeTopics(writer, topics, ({ partition, errorCode, baseOffset, start }) => {
    writer.int32(partition).int16(errorCode).int64(baseOffset);
    if (version >= 2) writer.int64(-1);
    if (version >= 5) writer.int64(start);
    if (version >= 8) writer.array([], () => {}).string(null);
    writer.tags();
  });
  writer.int32(0).tags();
  return undefined;
};
