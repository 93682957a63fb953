import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import { failedSync } from "../../groups/consumer-group.ts";
import type { Handler } from "../handler.ts";

export const syncGroup: Handler = async ({ broker, reader, writer, version }) => {
  const [groupId, generation, memberId] = [reader.string(), reader.int32(), reader.string()];
  const instanceId = version >= 3 ? reader.nullableString() : null;
  const [type, name] = version >= 5 ? [reader.nullableString(), reader.nullableString()] : [null, null];
  const assignments = reader.array(() => {
    const assignment = [reader.string(), reader.bytes()] as const;
    reader.tags();
    return assignment;
  });
  reader.tags();
  const group = broker.groups.find(groupId);
  const unknown = groupId === "" ? kafkaErrors.INVALID_GROUP_ID.code : kafkaErrors.UNKNOWN_MEMBER_ID.code;
  const claim = { memberId, instanceId, generation };
  const isIncomplete = version >= 5 && (type === null || name === null);
  const { errorCode, assignment } = isIncomplete
    ? failedSync(kafkaErrors.INCONSISTENT_GROUP_PROTOCOL.code)
    : ((await group?.sync(claim, { type, name }, new Map(assignments))) ?? failedSync(unknown));
  if (version >= 1) writer.int32(0);
  writer.int16(errorCode);
  const isGood = errorCode === 0 && group !== undefined;
  if (version >= 5) writer.string(isGood ? group.members.protocolType : null).string(isGood ? group.protocol : null);
  writer.bytes(assignment).tags();
  return undefined;
};
