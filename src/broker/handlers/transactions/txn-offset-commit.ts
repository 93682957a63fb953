import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../../kafka/protocol/topic-partitions.ts";
import type { BrokerState } from "../../broker-state.ts";
import type { MemberClaim } from "../../groups/consumer-group.ts";
import { offsetProblem, readOffset } from "../groups/offset-commit.ts";
import type { Handler } from "../handler.ts";

/** Offsets that a group gets when the transaction commits. */
export const txnOffsetCommit: Handler = ({ broker, reader, writer, version }) => {
  const [id, group, producerId, epoch] = [reader.string(), reader.string(), reader.int64(), reader.int16()];
  const claim =
    version >= 3
      ? { generation: reader.int32(), memberId: reader.string(), instanceId: reader.nullableString() }
      : { generation: -1, memberId: "", instanceId: null };
  const topics = readTopics(reader, (topic) => readOffset(reader, topic, version >= 2));
  reader.tags();
  const problems = new Map(
    topics.flatMap(({ partitions }) => partitions).map((offset) => [offset, offsetProblem(broker, group, offset)]),
  );
  const offsets = [...problems].flatMap(([offset, problem]) => (problem === 0 ? [{ group, ...offset }] : []));
  const refused =
    problemOf(broker, group, claim) || broker.transactions.commitOffsets(id, { producerId, epoch }, offsets);
  writer.int32(0);
  writeTopics(writer, topics, (offset) => {
    writer
      .int32(offset.partition)
      .int16(problems.get(offset) || refused)
      .tags();
  });
  writer.tags();
  return undefined;
};

function problemOf(broker: BrokerState, groupId: string, claim: MemberClaim): number {
  if (groupId === "") return kafkaErrors.INVALID_GROUP_ID.code;
  const group = broker.groups.find(groupId);
  if (group !== undefined) return group.checkCommit(claim, true);
  return claim.generation < 0 ? 0 : kafkaErrors.ILLEGAL_GENERATION.code;
}
