import { readTopics, writeTopics } from "../../../src/kafka/protocol/topic-partitions.ts";
import { whenReady } from "./data-requests.ts";
import type { WireConnection } from "./wire-connection.ts";

// Requests about consumer groups.

export interface JoinOptions {
  readonly memberId?: string;
  readonly instanceId?: string | null;
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
  readonly protocolType?: string;
  /** Name and metadata. */
  readonly protocols?: readonly (readonly [string, string])[];
  readonly version?: number;
}

export interface Joined {
  readonly errorCode: number;
  readonly generation: number;
  readonly protocol: string | null;
  readonly leader: string;
  readonly memberId: string;
  readonly skipAssignment: boolean;
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | null;
    readonly metadata: string;
  }[];
}

export function joinOnce(wire: WireConnection, group: string, options: JoinOptions = {}): Promise<Joined> {
  const { memberId = "", instanceId = null, sessionTimeoutMs = 30_000, rebalanceTimeoutMs = 30_000 } = options;
  const { protocolType = "consumer", protocols = [["range", "all"]], version = 9 } = options;
  return whenReady(async () => {
    const answer = await wire.request("joinGroup", version, (writer) => {
      writer.string(group).int32(sessionTimeoutMs);
      if (version >= 1) writer.int32(rebalanceTimeoutMs);
      writer.string(memberId);
      if (version >= 5) writer.string(instanceId);
      writer.string(protocolType);
      writer.array(protocols, ([name, metadata]) => writer.string(name).bytes(Buffer.from(metadata)).tags());
      if (version >= 8) writer.string("test");
      writer.tags();
    });
    if (version >= 2) answer.int32();
    const [errorCode, generation] = [answer.int16(), answer.int32()];
    if (version >= 7) answer.nullableString();
    const [protocol, leader] = [answer.nullableString(), answer.string()];
    const skipAssignment = version >= 9 && answer.boolean();
    const id = answer.string();
    const members = answer.array(() => {
      const member = {
        memberId: answer.string(),
        instanceId: version >= 5 ? answer.nullableString() : null,
        metadata: answer.bytes().toString(),
      };
      answer.tags();
      return member;
    });
    return { errorCode, generation, protocol, leader, memberId: id, skipAssignment, members };
  });
}

const memberIdRequired = 79;

/** Joins as newer clients do: asks again with the id that the first answer gives. */
export async function join(wire: WireConnection, group: string, options: JoinOptions = {}): Promise<Joined> {
  const joined = await joinOnce(wire, group, options);
  if (joined.errorCode !== memberIdRequired) return joined;
  return joinOnce(wire, group, { ...options, memberId: joined.memberId });
}

export interface Claim {
  readonly generation: number;
  readonly memberId: string;
  readonly instanceId?: string | null;
}

/** @param assignments by member id, from the leader. */
export async function sync(
  wire: WireConnection,
  group: string,
  { generation, memberId, instanceId = null }: Claim,
  assignments: Readonly<Record<string, string>> = {},
  protocol: string | null = "range",
): Promise<{ readonly errorCode: number; readonly assignment: string }> {
  const answer = await wire.request("syncGroup", 5, (writer) => {
    writer.string(group).int32(generation).string(memberId).string(instanceId).string("consumer").string(protocol);
    writer
      .array(Object.entries(assignments), ([id, assignment]) => writer.string(id).bytes(Buffer.from(assignment)).tags())
      .tags();
  });
  answer.int32();
  const errorCode = answer.int16();
  answer.nullableString();
  answer.nullableString();
  return { errorCode, assignment: answer.bytes().toString() };
}

export async function heartbeat(
  wire: WireConnection,
  group: string,
  { generation, memberId, instanceId = null }: Claim,
): Promise<number> {
  const answer = await wire.request("heartbeat", 4, (writer) =>
    writer.string(group).int32(generation).string(memberId).string(instanceId).tags(),
  );
  answer.int32();
  return answer.int16();
}

/** Error codes: of the request, then of each member. */
export async function leave(
  wire: WireConnection,
  group: string,
  members: readonly { readonly memberId: string; readonly instanceId?: string | null }[],
): Promise<number[]> {
  const answer = await wire.request("leaveGroup", 5, (writer) => {
    writer.string(group);
    writer.array(members, ({ memberId, instanceId = null }) =>
      writer.string(memberId).string(instanceId).string("test").tags(),
    );
    writer.tags();
  });
  answer.int32();
  const errorCode = answer.int16();
  const own = answer.array(() => {
    answer.string();
    answer.nullableString();
    const code = answer.int16();
    answer.tags();
    return code;
  });
  return [errorCode, ...own];
}

export interface OffsetToCommit {
  readonly topic: string;
  readonly offset: number;
  readonly partition?: number;
  readonly metadata?: string;
}

export async function commitOffset(
  wire: WireConnection,
  group: string,
  { topic, offset, partition = 0, metadata = "" }: OffsetToCommit,
  claim: Claim = { generation: -1, memberId: "" },
  version = 9,
): Promise<number> {
  const { errorCode } = await whenReady(async () => {
    const answer = await wire.request("offsetCommit", version, (writer) => {
      writer.string(group).int32(claim.generation).string(claim.memberId);
      if (version >= 7) writer.string(claim.instanceId ?? null);
      writeTopics(writer, [{ topic, partitions: [partition] }], () =>
        writer.int32(partition).int64(offset).int32(-1).string(metadata).tags(),
      );
      writer.tags();
    });
    answer.int32();
    const topics = readTopics(answer, () => {
      answer.int32();
      const code = answer.int16();
      answer.tags();
      return code;
    });
    return { errorCode: topics[0]?.partitions[0] as number };
  });
  return errorCode;
}

export async function fetchOffset(
  wire: WireConnection,
  group: string,
  topic: string,
  options: { readonly partition?: number; readonly isStrict?: boolean } = {},
): Promise<{ readonly errorCode: number; readonly offset: number; readonly metadata: string | null }> {
  const { partition = 0, isStrict = false } = options;
  const answer = await wire.request("offsetFetch", 7, (writer) => {
    writer.string(group).array([topic], () => {
      writer
        .string(topic)
        .array([partition], (number) => writer.int32(number))
        .tags();
    });
    writer.boolean(isStrict).tags();
  });
  answer.int32();
  const topics = readTopics(answer, () => {
    answer.int32();
    const offset = answer.int64();
    answer.int32();
    const [metadata, errorCode] = [answer.nullableString(), answer.int16()];
    answer.tags();
    return { errorCode, offset, metadata };
  });
  const groupError = answer.int16();
  return topics[0]?.partitions[0] ?? { errorCode: groupError, offset: -1, metadata: null };
}

export async function describeGroup(
  wire: WireConnection,
  group: string,
): Promise<{
  readonly errorCode: number;
  readonly state: string;
  readonly protocol: string;
  readonly members: readonly { readonly memberId: string; readonly clientId: string; readonly assignment: string }[];
}> {
  const answer = await wire.request("describeGroups", 6, (writer) =>
    writer
      .array([group], () => writer.string(group))
      .boolean(false)
      .tags(),
  );
  answer.int32();
  const [described] = answer.array(() => {
    const errorCode = answer.int16();
    answer.nullableString();
    answer.string();
    const state = answer.string();
    answer.string();
    const protocol = answer.string();
    const members = answer.array(() => {
      const memberId = answer.string();
      answer.nullableString();
      const clientId = answer.string();
      answer.string();
      answer.bytes();
      const assignment = answer.bytes().toString();
      answer.tags();
      return { memberId, clientId, assignment };
    });
    answer.int32();
    answer.tags();
    return { errorCode, state, protocol, members };
  });
  return described as NonNullable<typeof described>;
}

export async function listGroups(wire: WireConnection, states: readonly string[] = []): Promise<string[]> {
  const answer = await wire.request("listGroups", 4, (writer) =>
    writer.array(states, (state) => writer.string(state)).tags(),
  );
  answer.int32();
  answer.int16();
  return answer.array(() => {
    const line = `${answer.string()} ${answer.string()} ${answer.string()}`;
    answer.tags();
    return line;
  });
}

export async function deleteGroup(wire: WireConnection, group: string): Promise<number> {
  const answer = await wire.request("deleteGroups", 2, (writer) =>
    writer.array([group], () => writer.string(group)).tags(),
  );
  answer.int32();
  const [errorCode] = answer.array(() => {
    answer.string();
    const code = answer.int16();
    answer.tags();
    return code;
  });
  return errorCode as number;
}

/** Error codes: of the request, and of the partition. */
export async function deleteOffset(wire: WireConnection, group: string, topic: string): Promise<number[]> {
  const answer = await wire.request("offsetDelete", 0, (writer) => {
    writer.string(group);
    writeTopics(writer, [{ topic, partitions: [0] }], (partition) => writer.int32(partition));
  });
  const errorCode = answer.int16();
  answer.int32();
  const topics = readTopics(answer, () => {
    answer.int32();
    return answer.int16();
  });
  return [errorCode, ...topics.flatMap(({ partitions }) => partitions)];
}
