import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../../kafka/protocol/topic-partitions.ts";
import { subscribedTopics } from "../../groups/subscribed-topics.ts";
import type { Handler } from "../handler.ts";

/** Forgets offsets of a group in topics that none of its members reads. */
export const offsetDelete: Handler = ({ broker, reader, writer }) => {
  const id = reader.string();
  const topics = readTopics(reader, () => reader.int32());
  const group = broker.groups.find(id);
  const errorCode = problemOf();
  writer.int16(errorCode).int32(0);
  const subscribed = group === undefined ? [] : subscribedTopics(group);
  const results = topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((partition) => {
      const isRead = subscribed.includes(topic);
      if (!isRead && errorCode === 0) broker.groups.deleteOffset(id, topic, partition);
      return { partition, errorCode: isRead ? kafkaErrors.GROUP_SUBSCRIBED_TO_TOPIC.code : 0 };
    }),
  }));
  writeTopics(writer, errorCode === 0 ? results : [], ({ partition, errorCode: problem }) =>
    writer.int32(partition).int16(problem),
  );
  return undefined;

  function problemOf(): number {
    if (group === undefined) return kafkaErrors.GROUP_ID_NOT_FOUND.code;
    return group.state === "Empty" || group.members.protocolType === "consumer" ? 0 : kafkaErrors.NON_EMPTY_GROUP.code;
  }
};
