import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import type { BrokerState } from "../../broker-state.ts";
import { failedJoin, type JoinRequest } from "../../groups/consumer-group.ts";
import type { JoinResult } from "../../groups/group-members.ts";
import type { Handler, RequestContext } from "../handler.ts";

/** Kafka's group.min.session.timeout.ms and group.max.session.timeout.ms. */
const sessionTimeoutMs = { least: 6_000, most: 1_800_000 };

export const joinGroup: Handler = async (context) => {
  const { broker, writer, version } = context;
  const { groupId, request } = readRequest(context);
  const result = await join(broker, groupId, request);
  if (version >= 2) writer.int32(0);
  writer.int16(result.errorCode).int32(result.generation);
  if (version >= 7) writer.string(result.protocolType).string(result.protocol);
  else writer.string(result.protocol ?? "");
  writer.string(result.leader);
  if (version >= 9) writer.boolean(result.skipAssignment);
  writer.string(result.memberId).array(result.members, ({ memberId, instanceId, metadata }) => {
    writer.string(memberId);
    if (version >= 5) writer.string(instanceId);
    writer.bytes(metadata).tags();
  });
  writer.tags();
  return undefined;
};

function join(broker: BrokerState, groupId: string, request: JoinRequest): Promise<JoinResult> | JoinResult {
  const { memberId } = request;
  if (groupId === "") return failedJoin(memberId, kafkaErrors.INVALID_GROUP_ID.code);
  if (request.sessionTimeoutMs < sessionTimeoutMs.least || request.sessionTimeoutMs > sessionTimeoutMs.most)
    return failedJoin(memberId, kafkaErrors.INVALID_SESSION_TIMEOUT.code);
  if (!broker.groups.hasRoomForGroup(groupId)) return failedJoin(memberId, kafkaErrors.POLICY_VIOLATION.code);
  const group = memberId === "" ? broker.groups.findOrCreate(groupId) : broker.groups.find(groupId);
  return group?.join(request) ?? failedJoin(memberId, kafkaErrors.UNKNOWN_MEMBER_ID.code);
}

function readRequest({ reader, version, clientId, clientHost }: RequestContext): {
  readonly groupId: string;
  readonly request: JoinRequest;
} {
  const [groupId, sessionMs] = [reader.string(), reader.int32()];
  const rebalanceTimeoutMs = version >= 1 ? reader.int32() : sessionMs;
  const memberId = reader.string();
  const instanceId = version >= 5 ? reader.nullableString() : null;
  const protocolType = reader.string();
  const protocols = reader.array(() => {
    const protocol = { name: reader.string(), metadata: Buffer.from(reader.bytes()) };
    reader.tags();
    return protocol;
  });
  if (version >= 8) reader.nullableString();
  reader.tags();
  const request = {
    ...{ memberId, instanceId, clientId, clientHost, protocolType, protocols, rebalanceTimeoutMs },
    sessionTimeoutMs: sessionMs,
    knowsMemberIdRequired: version >= 4,
    canSkipAssignment: version >= 9,
  };
  return { groupId, request };
}
