import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import type { Handler } from "../handler.ts";

interface Leaving {
  readonly memberId: string;
  readonly instanceId: string | null;
}

export const leaveGroup: Handler = ({ broker, reader, writer, version }) => {
  const groupId = reader.string();
  const leaving: readonly Leaving[] =
    version < 3 ? [{ memberId: reader.string(), instanceId: null }] : reader.array(readLeaving);
  reader.tags();
  const group = broker.groups.find(groupId);
  const unknown = groupId === "" ? kafkaErrors.INVALID_GROUP_ID.code : kafkaErrors.UNKNOWN_MEMBER_ID.code;
  const errorCodes = group?.leave(leaving);
  if (version >= 1) writer.int32(0);
  writer.int16(errorCodes === undefined ? unknown : version < 3 ? (errorCodes[0] ?? 0) : 0);
  if (version >= 3)
    writer.array([...(errorCodes ?? []).entries()], ([i, errorCode]) => {
      const { memberId = "", instanceId = null } = leaving[i] ?? {};
      writer.string(memberId).string(instanceId).int16(errorCode).tags();
    });
  writer.tags();
  return undefined;

  function readLeaving(): Leaving {
    const member = { memberId: reader.string(), instanceId: reader.nullableString() };
    if (version >= 5) reader.nullableString();
    reader.tags();
    return member;
  }
};
