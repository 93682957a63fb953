import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import type { Handler } from "../handler.ts";

export const heartbeat: Handler = ({ broker, reader, writer, version }) => {
  const [groupId, generation, memberId] = [reader.string(), reader.int32(), reader.string()];
  const instanceId = version >= 3 ? reader.nullableString() : null;
  reader.tags();
  const unknown = groupId === "" ? kafkaErrors.INVALID_GROUP_ID.code : kafkaErrors.UNKNOWN_MEMBER_ID.code;
  const errorCode = broker.groups.find(groupId)?.heartbeat({ memberId, instanceId, generation }) ?? unknown;
  if (version >= 1) writer.int32(0);
  writer.int16(errorCode).tags();
  return undefined;
};
