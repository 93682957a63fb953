import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";
import type { Handler } from "./handler.ts";

export const joinGroup: Handler = async ({ broker, reader, writer, version, clientId }) => {
  const group = broker.groups.group(reader.string());
  const sessionTimeoutMs = reader.int32();
  if (version >= 1) reader.int32();
  const memberId = reader.string();
  if (version >= 5) reader.nullableString();
  const protocolType = reader.string();
  const protocols = reader.array(() => {
    const protocol = { name: reader.string(), metadata: Buffer.from(reader.bytes()) };
    reader.tags();
    return protocol;
  });
  const result = await group.join({ memberId, clientId, sessionTimeoutMs, protocolType, protocols });
  if (version >= 2) writer.int32(0);
  writer.int16(result.errorCode).int32(result.generation);
  if (version >= 7) writer.string(protocolType);
  writer.string(result.protocol).string(result.leader);
  if (version >= 9) writer.boolean(false);
  writer.string(result.memberId).array(result.members, (member) => {
    writer.string(member.memberId);
    if (version >= 5) writer.string(null);
    writer.bytes(member.metadata).tags();
  });
  writer.tags();
  return undefined;
};

export const syncGroup: Handler = async ({ broker, reader, writer, version }) => {
  const group = broker.groups.group(reader.string());
  const [generation, memberId] = [reader.int32(), reader.string()];
  if (version >= 3) reader.nullableString();
  if (version >= 5) {
    reader.nullableString();
    reader.nullableString();
  }
  const assignments = reader.array(() => {
    const assignment = { memberId: reader.string(), assignment: reader.bytes() };
    reader.tags();
    return assignment;
  });
  const { errorCode, assignment } = await group.sync(memberId, generation, assignments);
  if (version >= 1) writer.int32(0);
  writer.int16(errorCode);
  if (version >= 5) writer.string(group.protocolType).string(group.protocol);
  writer.bytes(assignment).tags();
  return undefined;
};

export const heartbeat: Handler = ({ broker, reader, writer, version }) => {
  const group = broker.groups.group(reader.string());
  const [generation, memberId] = [reader.int32(), reader.string()];
  if (version >= 1) writer.int32(0);
  writer.int16(group.heartbeat(memberId, generation)).tags();
  return undefined;
};

export const leaveGroup: Handler = ({ broker, reader, writer, version }) => {
  const group = broker.groups.group(reader.string());
  const memberIds = version < 3 ? [reader.string()] : reader.array(() => readLeaving());
  const errorCodes = memberIds.map((memberId) => group.leave(memberId));
  if (version >= 1) writer.int32(0);
  writer.int16(version < 3 ? (errorCodes[0] ?? 0) : 0);
  if (version >= 3)
    writer.array(memberIds, (memberId) =>
      writer
        .string(memberId)
        .string(null)
        .int16(errorCodes[memberIds.indexOf(memberId)] ?? 0)
        .tags(),
    );
  writer.tags();
  return undefined;

  function readLeaving(): string {
    const memberId = reader.string();
    reader.nullableString();
    if (version >= 5) reader.nullableString();
    reader.tags();
    return memberId;
  }
};

export const listGroups: Handler = ({ broker, reader, writer, version }) => {
  if (version >= 4) reader.array(() => reader.string());
  if (version >= 1) writer.int32(0);
  writer.int16(0).array(broker.groups.ids(), (id) => {
    const group = broker.groups.find(id);
    writer.string(id).string(group?.protocolType ?? "");
    if (version >= 4) writer.string(group?.state ?? "Empty");
    writer.tags();
  });
  writer.tags();
  return undefined;
};

export const describeGroups: Handler = ({ broker, reader, writer, version }) => {
  const ids = reader.array(() => reader.string());
  if (version >= 1) writer.int32(0);
  writer.array(ids, (id) => {
    const group = broker.groups.find(id);
    const isKnown = broker.groups.ids().includes(id);
    writer
      .int16(isKnown || version < 6 ? 0 : kafkaErrors.GROUP_ID_NOT_FOUND.code)
      .string(id)
      .string(isKnown ? (group?.state ?? "Empty") : "Dead");
    writer.string(group?.protocolType ?? "").string(group?.protocol ?? "");
    writer.array([...(group?.members() ?? [])], ({ memberId, clientId, assignment, protocols }) => {
      writer.string(memberId);
      if (version >= 4) writer.string(null);
      writer
        .string(clientId)
        .string("/127.0.0.1")
        .bytes(protocols[0]?.metadata ?? Buffer.alloc(0))
        .bytes(assignment)
        .tags();
    });
    if (version >= 3) writer.int32(-2_147_483_648);
    writer.tags();
  });
  writer.tags();
  return undefined;
};
