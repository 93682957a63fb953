import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  commitOffset,
  deleteGroup,
  deleteOffset,
  describeGroup,
  fetchOffset,
  heartbeat,
  type Joined,
  join,
  joinOnce,
  leave,
  listGroups,
  sync,
} from "../../support/wire/group-requests.ts";
import { createTopic, deleteTopic } from "../../support/wire/topic-requests.ts";
import type { WireConnection } from "../../support/wire/wire-connection.ts";
import { type BrokerCase, fresh, named } from "./case.ts";

const name = (errorCode: number): string => named({ errorCode });

/** A group of one, its assignment "mine". */
async function alone(wire: WireConnection, group: string, options: Parameters<typeof join>[2] = {}): Promise<Joined> {
  const joined = await join(wire, group, options);
  assert.equal(named(joined), "NONE");
  const assignments = { [joined.memberId]: "mine" };
  const synced = await sync(wire, group, claimOf(joined, options.instanceId), assignments, joined.protocol);
  assert.deepEqual(synced, { errorCode: 0, assignment: "mine" });
  return joined;
}

function claimOf(
  { generation, memberId }: Joined,
  instanceId: string | null = null,
): {
  generation: number;
  memberId: string;
  instanceId: string | null;
} {
  return { generation, memberId, instanceId };
}

export const groupCases: readonly BrokerCase[] = [
  {
    name: "a new member learns its id from an error, older clients from the answer",
    async run(broker, wire) {
      const first = await joinOnce(wire, fresh("group"));
      assert.deepEqual([named(first), first.generation], ["MEMBER_ID_REQUIRED", -1]);
      assert.match(first.memberId, /^wire-/);
      const joined = await joinOnce(await broker.connect(), fresh("group"), { version: 3 });
      assert.deepEqual([named(joined), joined.generation, joined.leader], ["NONE", 1, joined.memberId]);
    },
  },
  {
    name: "two members share a group: the second starts the next generation, the leader assigns",
    async run(broker, wire) {
      const group = fresh("group");
      const first = await alone(wire, group);
      const other = await broker.connect();
      const joining = join(other, group);
      while ((await heartbeat(wire, group, claimOf(first))) === 0);
      const [again, second] = await Promise.all([join(wire, group, { memberId: first.memberId }), joining]);
      assert.deepEqual([again.generation, second.generation], [2, 2]);
      assert.equal(second.leader, first.memberId);
      assert.equal(second.members.length, 0);
      assert.deepEqual(again.members.map(({ memberId }) => memberId).sort(), [first.memberId, second.memberId].sort());
      const assignments = { [first.memberId]: "left", [second.memberId]: "right" };
      const results = await Promise.all([
        sync(other, group, claimOf(second)),
        sync(wire, group, claimOf(again), assignments),
      ]);
      assert.deepEqual(
        results.map(({ assignment }) => assignment),
        ["right", "left"],
      );
      const described = await describeGroup(wire, group);
      assert.deepEqual([described.state, described.protocol, described.members.length], ["Stable", "range", 2]);
      assert.deepEqual(await leave(other, group, [{ memberId: second.memberId }]), [0, 0]);
      assert.equal(name(await heartbeat(wire, group, claimOf(again))), "REBALANCE_IN_PROGRESS");
      const last = await join(wire, group, { memberId: first.memberId });
      assert.deepEqual([last.generation, last.members.length], [3, 1]);
    },
  },
  {
    name: "the protocol is one that all members know",
    async run(broker, wire) {
      const group = fresh("group");
      const both = [
        ["sticky", "s"],
        ["range", "r"],
      ] as const;
      const first = await alone(wire, group, { protocols: both });
      assert.equal(first.protocol, "sticky");
      const other = await broker.connect();
      assert.equal(named(await join(other, group, { protocols: [["other", ""]] })), "INCONSISTENT_GROUP_PROTOCOL");
      assert.equal(named(await join(other, group, { protocolType: "connect" })), "INCONSISTENT_GROUP_PROTOCOL");
      const joining = join(other, group, { protocols: [["range", "x"]] });
      while ((await heartbeat(wire, group, claimOf(first))) === 0);
      const again = await join(wire, group, { memberId: first.memberId, protocols: both });
      assert.equal(again.protocol, "range");
      assert.deepEqual(again.members.map(({ metadata }) => metadata).sort(), ["r", "x"]);
      assert.equal((await joining).protocol, "range");
    },
  },
  {
    name: "joins that cannot be are refused",
    async run(_, wire) {
      assert.equal(named(await join(wire, "", {})), "INVALID_GROUP_ID");
      assert.equal(named(await join(wire, fresh("group"), { sessionTimeoutMs: 1 })), "INVALID_SESSION_TIMEOUT");
      assert.equal(named(await join(wire, fresh("group"), { sessionTimeoutMs: 2_000_000 })), "INVALID_SESSION_TIMEOUT");
      assert.equal(named(await join(wire, fresh("group"), { protocols: [] })), "INCONSISTENT_GROUP_PROTOCOL");
      assert.equal(named(await join(wire, fresh("group"), { memberId: "nobody" })), "UNKNOWN_MEMBER_ID");
    },
  },
  {
    name: "members of another generation, and strangers, are told so",
    async run(_, wire) {
      const group = fresh("group");
      const joined = await alone(wire, group);
      const old = { ...claimOf(joined), generation: joined.generation - 1 };
      const stranger = { generation: joined.generation, memberId: "nobody" };
      assert.equal(name(await heartbeat(wire, group, old)), "ILLEGAL_GENERATION");
      assert.equal(name(await heartbeat(wire, group, stranger)), "UNKNOWN_MEMBER_ID");
      assert.equal(name(await heartbeat(wire, fresh("group"), stranger)), "UNKNOWN_MEMBER_ID");
      assert.equal(named(await sync(wire, group, old)), "ILLEGAL_GENERATION");
      assert.equal(named(await sync(wire, group, stranger)), "UNKNOWN_MEMBER_ID");
      for (const protocol of ["sticky", null])
        assert.equal(named(await sync(wire, group, claimOf(joined), {}, protocol)), "INCONSISTENT_GROUP_PROTOCOL");
      assert.deepEqual(await leave(wire, group, [{ memberId: "nobody" }]), [0, 25]);
    },
  },
  {
    name: "a join that is said again by a follower without news stays in the generation",
    async run(broker, wire) {
      const group = fresh("group");
      const leader = await alone(wire, group);
      const other = await broker.connect();
      const joining = join(other, group);
      while ((await heartbeat(wire, group, claimOf(leader))) === 0);
      const again = await join(wire, group, { memberId: leader.memberId });
      const follower = await joining;
      await Promise.all([sync(wire, group, claimOf(again), {}), sync(other, group, claimOf(follower))]);
      const repeated = await join(other, group, { memberId: follower.memberId });
      assert.deepEqual([named(repeated), repeated.generation], ["NONE", 2]);
      assert.equal(await heartbeat(wire, group, claimOf(again)), 0);
    },
  },
  {
    name: "a static member that comes back keeps its assignment, and fences who was there before",
    async run(_, wire) {
      const group = fresh("group");
      const before = await alone(wire, group, { instanceId: "i" });
      const back = await join(wire, group, { instanceId: "i" });
      assert.deepEqual([named(back), back.generation, back.skipAssignment], ["NONE", before.generation, true]);
      assert.notEqual(back.memberId, before.memberId);
      assert.equal((await sync(wire, group, claimOf(back, "i"))).assignment, "mine");
      assert.equal(name(await heartbeat(wire, group, claimOf(before, "i"))), "FENCED_INSTANCE_ID");
      assert.equal(name(await heartbeat(wire, group, claimOf(before))), "UNKNOWN_MEMBER_ID");
      assert.equal(name(await heartbeat(wire, group, claimOf(back, "other"))), "UNKNOWN_MEMBER_ID");
      assert.equal(name(await heartbeat(wire, group, claimOf(back, "i"))), "NONE");
      assert.deepEqual(await leave(wire, group, [{ memberId: "", instanceId: "nix" }]), [0, 25]);
      assert.deepEqual(await leave(wire, group, [{ memberId: "", instanceId: "i" }]), [0, 0]);
      assert.equal((await describeGroup(wire, group)).state, "Empty");
    },
  },
  {
    name: "offsets are kept by group and partition, with what was said to them",
    async run(_, wire) {
      const [group, topic] = [fresh("group"), await createTopic(wire, fresh("offsets"), { partitions: 2 })];
      assert.equal(await commitOffset(wire, group, { topic, offset: 7, metadata: "seven" }), 0);
      assert.deepEqual(await fetchOffset(wire, group, topic), { errorCode: 0, offset: 7, metadata: "seven" });
      assert.equal((await fetchOffset(wire, group, topic, { partition: 1 })).offset, -1);
      assert.equal((await fetchOffset(wire, fresh("group"), topic)).offset, -1);
      assert.equal(await commitOffset(wire, group, { topic, offset: 3 }), 0);
      assert.equal((await fetchOffset(wire, group, topic)).offset, 3);
    },
  },
  {
    name: "offsets of topics that are missing, or with too long a comment, are refused",
    async run(_, wire) {
      const [group, topic] = [fresh("group"), await createTopic(wire, fresh("offsets"))];
      assert.equal(
        name(await commitOffset(wire, group, { topic: fresh("missing"), offset: 1 })),
        "UNKNOWN_TOPIC_OR_PARTITION",
      );
      assert.equal(
        name(await commitOffset(wire, group, { topic, partition: 5, offset: 1 })),
        "UNKNOWN_TOPIC_OR_PARTITION",
      );
      const metadata = "x".repeat(4_097);
      assert.equal(name(await commitOffset(wire, group, { topic, offset: 1, metadata })), "OFFSET_METADATA_TOO_LARGE");
    },
  },
  {
    name: "while a group has members, only they commit",
    async run(_, wire) {
      const [group, topic] = [fresh("group"), await createTopic(wire, fresh("offsets"))];
      const offset = { topic, offset: 5 };
      const stale = { generation: 3, memberId: "nobody" };
      assert.equal(name(await commitOffset(wire, group, offset, stale, 8)), "ILLEGAL_GENERATION");
      assert.equal(name(await commitOffset(wire, group, offset, stale, 9)), "GROUP_ID_NOT_FOUND");
      const joined = await join(wire, group);
      assert.equal(name(await commitOffset(wire, group, offset, claimOf(joined))), "REBALANCE_IN_PROGRESS");
      await sync(wire, group, claimOf(joined), {});
      assert.equal(name(await commitOffset(wire, group, offset)), "UNKNOWN_MEMBER_ID");
      assert.equal(
        name(await commitOffset(wire, group, offset, { generation: 9, memberId: joined.memberId })),
        "ILLEGAL_GENERATION",
      );
      assert.equal(
        name(await commitOffset(wire, group, offset, { generation: 1, memberId: "x" })),
        "UNKNOWN_MEMBER_ID",
      );
      assert.equal(name(await commitOffset(wire, group, offset, claimOf(joined))), "NONE");
      assert.equal((await fetchOffset(wire, group, topic)).offset, 5);
    },
  },
  {
    name: "groups are listed and described in their states",
    async run(_, wire) {
      const [simple, busy] = [fresh("simple"), fresh("busy")];
      const topic = await createTopic(wire, fresh("offsets"));
      await commitOffset(wire, simple, { topic, offset: 1 });
      const joined = await alone(wire, busy);
      const own = (lines: readonly string[]): string[] =>
        lines.filter((line) => line.startsWith(simple) || line.startsWith(busy)).sort();
      assert.deepEqual(own(await listGroups(wire)), [`${busy} consumer Stable`, `${simple}  Empty`]);
      assert.deepEqual(own(await listGroups(wire, ["Stable"])), [`${busy} consumer Stable`]);
      const described = await describeGroup(wire, busy);
      assert.deepEqual(described.members, [{ memberId: joined.memberId, clientId: "wire", assignment: "mine" }]);
      const missing = await describeGroup(wire, fresh("missing"));
      assert.deepEqual([named(missing), missing.state], ["GROUP_ID_NOT_FOUND", "Dead"]);
    },
  },
  {
    name: "a group without members is deleted, with its offsets",
    async run(_, wire) {
      const [group, topic] = [fresh("group"), await createTopic(wire, fresh("offsets"))];
      await commitOffset(wire, group, { topic, offset: 1 });
      const joined = await alone(wire, group);
      assert.equal(name(await deleteGroup(wire, group)), "NON_EMPTY_GROUP");
      await leave(wire, group, [{ memberId: joined.memberId }]);
      assert.equal(name(await deleteGroup(wire, group)), "NONE");
      assert.equal(name(await deleteGroup(wire, group)), "GROUP_ID_NOT_FOUND");
      assert.equal((await fetchOffset(wire, group, topic)).offset, -1);
    },
  },
  {
    name: "a single offset is deleted, unless the topic is being read",
    async run(_, wire) {
      const [group, topic] = [fresh("group"), await createTopic(wire, fresh("offsets"))];
      await commitOffset(wire, group, { topic, offset: 1 });
      assert.deepEqual(await deleteOffset(wire, group, topic), [0, 0]);
      assert.equal((await fetchOffset(wire, group, topic)).offset, -1);
      assert.deepEqual((await deleteOffset(wire, fresh("missing"), topic)).slice(0, 1), [69]);
      // A subscription: version, one topic, no user data.
      const length = String.fromCharCode(0, topic.length);
      const subscription = `\0\0\0\0\0\x01${length}${topic}\0\0\0\0`;
      await alone(wire, group, { protocols: [["range", subscription]] });
      assert.deepEqual(await deleteOffset(wire, group, topic), [0, 86]);
    },
  },
  {
    name: "offsets do not outlive their topic",
    async run(_, wire) {
      const [group, topic] = [fresh("group"), await createTopic(wire, fresh("offsets"))];
      await commitOffset(wire, group, { topic, offset: 1 });
      await deleteTopic(wire, topic);
      // Kafka removes them some time after the topic.
      const deadline = performance.now() + 10_000;
      let { offset } = await fetchOffset(wire, group, topic);
      while (offset >= 0 && performance.now() < deadline) {
        await delay(10);
        ({ offset } = await fetchOffset(wire, group, topic));
      }
      assert.equal(offset, -1);
    },
  },
];
