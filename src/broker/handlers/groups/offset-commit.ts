import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../../kafka/protocol/topic-partitions.ts";
import type { BrokerState } from "../../broker-state.ts";
import type { MemberClaim } from "../../groups/consumer-group.ts";
import type { CommittedOffset } from "../../groups/group-store.ts";
import type { Handler, RequestContext } from "../handler.ts";

/** Kafka's offset.metadata.max.bytes. */
const maxMetadataLength = 4_096;

export const offsetCommit: Handler = ({ broker, reader, writer, version }) => {
  const [groupId, generation, memberId] = [reader.string(), reader.int32(), reader.string()];
  const instanceId = version >= 7 ? reader.nullableString() : null;
  if (version <= 4) reader.int64();
  const topics = readTopics(reader, (topic) => readOffset(reader, topic, version >= 6));
  reader.tags();
  const refused = problemOf(broker, groupId, { memberId, instanceId, generation }, version);
  if (refused === 0) broker.groups.find(groupId)?.touch(memberId);
  const results = topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((offset) => {
      const errorCode = refused || offsetProblem(broker, groupId, offset);
      if (errorCode === 0) broker.groups.commit(groupId, offset);
      return { partition: offset.partition, errorCode };
    }),
  }));
  if (version >= 3) writer.int32(0);
  writeTopics(writer, results, ({ partition, errorCode }) => writer.int32(partition).int16(errorCode).tags());
  writer.tags();
  return undefined;
};

/** One partition of a request that commits offsets. */
export function readOffset(reader: RequestContext["reader"], topic: string, hasEpoch: boolean): CommittedOffset {
  const [partition, offset] = [reader.int32(), reader.int64()];
  const leaderEpoch = hasEpoch ? reader.int32() : -1;
  const metadata = reader.nullableString() ?? "";
  reader.tags();
  return { topic, partition, offset, leaderEpoch, metadata };
}

/** Kafka's error for an offset that a group cannot have, or 0. */
export function offsetProblem(broker: BrokerState, groupId: string, offset: CommittedOffset): number {
  const { topic, partition, metadata } = offset;
  if (broker.topics.partition(topic, partition) === undefined) return kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code;
  if (metadata.length > maxMetadataLength) return kafkaErrors.OFFSET_METADATA_TOO_LARGE.code;
  const hasRoom = broker.groups.hasRoomForGroup(groupId) && broker.groups.hasRoomForOffset(groupId, offset);
  return hasRoom ? 0 : kafkaErrors.INVALID_COMMIT_OFFSET_SIZE.code;
}

function problemOf(broker: BrokerState, groupId: string, claim: MemberClaim, version: number): number {
  if (groupId === "" && claim.generation >= 0) return kafkaErrors.INVALID_GROUP_ID.code;
  const group = broker.groups.find(groupId);
  if (group !== undefined) return group.checkCommit(claim, false);
  if (claim.generation < 0) return 0;
  return version >= 9 ? kafkaErrors.GROUP_ID_NOT_FOUND.code : kafkaErrors.ILLEGAL_GENERATION.code;
}
