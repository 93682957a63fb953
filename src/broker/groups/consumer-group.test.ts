import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { kafkaErrorName } from "../../kafka/protocol/kafka-error-codes.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { ConsumerGroup, type JoinRequest } from "./consumer-group.ts";
import type { JoinResult } from "./group-members.ts";

// What depends on time; the rest is in test/cases/broker/group-cases.ts, which a real Kafka passes too.

const request: JoinRequest = {
  memberId: "",
  instanceId: null,
  clientId: "c",
  clientHost: "/127.0.0.1",
  sessionTimeoutMs: 1_000,
  rebalanceTimeoutMs: 5_000,
  protocolType: "consumer",
  protocols: [{ name: "range", metadata: Buffer.from("m") }],
  knowsMemberIdRequired: false,
  canSkipAssignment: true,
};

/** Lets promises that are resolved by now be heard of. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

class Watched<T> {
  #value: T | undefined;

  constructor(promise: Promise<T>) {
    void promise.then((value) => {
      this.#value = value;
    });
  }

  /** Whether the promise still waits. */
  get isWaiting(): boolean {
    return this.#value === undefined;
  }

  /** What the promise gave; undefined as long as it waits. */
  get value(): T | undefined {
    return this.#value;
  }
}

const watched = <T>(promise: Promise<T>): Watched<T> => new Watched(promise);

/** Runs with timers that stand still until they are told. */
function timed(run: (pass: (ms: number) => Promise<void>) => Promise<void>): () => Promise<void> {
  return async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      await run(async (ms) => {
        mock.timers.tick(ms);
        await settle();
      });
    } finally {
      mock.timers.reset();
    }
  };
}

const noProtocol = { type: null, name: null };
const claimOf = ({ memberId, generation }: JoinResult): { memberId: string; generation: number; instanceId: null } => ({
  memberId,
  generation,
  instanceId: null,
});

async function stableGroup(pass: (ms: number) => Promise<void>): Promise<{ group: ConsumerGroup; leader: JoinResult }> {
  const group = new ConsumerGroup(thisMachine);
  const joining = watched(group.join(request));
  await pass(50);
  const leader = joining.value as JoinResult;
  await group.sync(claimOf(leader), noProtocol, new Map([[leader.memberId, Buffer.from("a")]]));
  assert.equal(group.state, "Stable");
  return { group, leader };
}

test(
  "members that come together share the first generation",
  timed(async (pass) => {
    const group = new ConsumerGroup(thisMachine);
    const joining = [1, 2, 3].map(() => watched(group.join(request)));
    await pass(49);
    assert.deepEqual(
      joining.map(({ value }) => value),
      [undefined, undefined, undefined],
    );
    await pass(1);
    assert.deepEqual(
      joining.map(({ value }) => value?.generation),
      [1, 1, 1],
    );
    assert.deepEqual(joining.map(({ value }) => value?.members.length).sort(), [0, 0, 3]);
  }),
);

test(
  "a session ends without heartbeats, and lasts with them",
  timed(async (pass) => {
    const { group, leader } = await stableGroup(pass);
    for (let i = 0; i < 5; i++) {
      await pass(900);
      assert.equal(group.heartbeat(claimOf(leader)), 0);
    }
    await pass(1_000);
    assert.equal(kafkaErrorName(group.heartbeat(claimOf(leader))), "UNKNOWN_MEMBER_ID");
    assert.deepEqual([group.state, group.members.size], ["Empty", 0]);
  }),
);

test(
  "a commit keeps a session, too",
  timed(async (pass) => {
    const { group, leader } = await stableGroup(pass);
    for (let i = 0; i < 5; i++) {
      await pass(900);
      group.touch(leader.memberId);
    }
    assert.equal(group.heartbeat(claimOf(leader)), 0);
  }),
);

test(
  "who does not join again within the rebalance timeout is left out",
  timed(async (pass) => {
    const { group, leader } = await stableGroup(pass);
    const joining = watched(group.join(request));
    for (let i = 0; i < 5; i++) {
      assert.equal(kafkaErrorName(group.heartbeat(claimOf(leader))), "REBALANCE_IN_PROGRESS");
      assert.ok(joining.isWaiting);
      await pass(999);
    }
    await pass(5);
    const { value } = joining;
    assert.deepEqual([value?.generation, value?.leader, value?.members.length], [2, value?.memberId, 1]);
    assert.equal(kafkaErrorName(group.heartbeat(claimOf(leader))), "UNKNOWN_MEMBER_ID");
  }),
);

test(
  "a member that waits in a rebalance is not silent",
  timed(async (pass) => {
    const { group, leader } = await stableGroup(pass);
    const second = watched(group.join(request));
    const again = watched(group.join({ ...request, memberId: leader.memberId }));
    await settle();
    assert.deepEqual([again.value?.generation, second.value?.generation], [2, 2]);
    // Now the leader waits for its own sync; a follower's waits for the leader's.
    const follower = watched(group.sync(claimOf(second.value as JoinResult), noProtocol, new Map()));
    await pass(900);
    group.heartbeat(claimOf(again.value as JoinResult));
    await pass(900);
    group.heartbeat(claimOf(again.value as JoinResult));
    assert.ok(follower.isWaiting);
    const assignments = new Map([[second.value?.memberId ?? "", Buffer.from("b")]]);
    await group.sync(claimOf(again.value as JoinResult), noProtocol, assignments);
    await settle();
    assert.equal(follower.value?.assignment.toString(), "b");
  }),
);

test(
  "members that take a generation but no assignment are left out",
  timed(async (pass) => {
    const group = new ConsumerGroup(thisMachine);
    const joining = watched(group.join({ ...request, sessionTimeoutMs: 60_000 }));
    await pass(50);
    const joined = joining.value as JoinResult;
    await pass(4_999);
    assert.equal(group.heartbeat(claimOf(joined)), 0);
    await pass(1);
    assert.equal(group.state, "Empty");
  }),
);

test(
  "an id that was given out and not used is forgotten after a session's time",
  timed(async (pass) => {
    const group = new ConsumerGroup(thisMachine);
    const { memberId } = await group.join({ ...request, knowsMemberIdRequired: true });
    assert.equal(group.isAbandoned, false);
    await pass(1_000);
    assert.equal(group.isAbandoned, true);
    const late = await group.join({ ...request, memberId });
    assert.equal(kafkaErrorName(late.errorCode), "UNKNOWN_MEMBER_ID");
  }),
);

test(
  "an id that was given out is waited for in a rebalance",
  timed(async (pass) => {
    const { group, leader } = await stableGroup(pass);
    const { memberId } = await group.join({ ...request, knowsMemberIdRequired: true });
    const again = watched(group.join({ ...request, memberId: leader.memberId }));
    await settle();
    assert.ok(again.isWaiting);
    const joined = watched(group.join({ ...request, memberId }));
    await settle();
    assert.deepEqual([again.value?.generation, joined.value?.generation, again.value?.members.length], [2, 2, 2]);
  }),
);

test(
  "a static member may be away for its session's time without a rebalance",
  timed(async (pass) => {
    const group = new ConsumerGroup(thisMachine);
    const [one, two] = ["one", "two"].map((instanceId) => watched(group.join({ ...request, instanceId })));
    await pass(50);
    const [first, second] = [one?.value as JoinResult, two?.value as JoinResult];
    const leader = first.members.length > 0 ? first : second;
    const other = leader === first ? second : first;
    const syncing = group.sync(claimOf(other), noProtocol, new Map());
    await group.sync(claimOf(leader), noProtocol, new Map());
    await syncing;
    await pass(900);
    assert.equal(group.heartbeat(claimOf(leader)), 0);
    await pass(100);
    // The other has not been heard of for a session.
    assert.equal(kafkaErrorName(group.heartbeat(claimOf(leader))), "REBALANCE_IN_PROGRESS");
  }),
);

test(
  "two protocols that all know are voted on",
  timed(async (pass) => {
    const group = new ConsumerGroup(thisMachine);
    const known = (...names: readonly string[]): JoinRequest => ({
      ...request,
      protocols: names.map((name) => ({ name, metadata: Buffer.from(name) })),
    });
    const joining = [known("a", "b", "c"), known("c", "b"), known("b", "c")].map((one) => watched(group.join(one)));
    await pass(50);
    assert.deepEqual(
      joining.map(({ value }) => value?.protocol),
      ["b", "b", "b"],
    );
  }),
);

test(
  "a static member that stays away from a rebalance keeps its place until its session ends",
  timed(async (pass) => {
    const group = new ConsumerGroup(thisMachine);
    const long = { ...request, sessionTimeoutMs: 60_000 };
    const [first, away] = ["first", "away"].map((instanceId) => watched(group.join({ ...long, instanceId })));
    await pass(50);
    const { memberId } = first?.value as JoinResult;
    const third = watched(group.join(long));
    const again = watched(group.join({ ...long, memberId, instanceId: "first" }));
    await pass(5_000);
    const { value } = [again, third].find((joined) => (joined.value?.members.length ?? 0) > 0) ?? {};
    assert.deepEqual(value?.members.map(({ instanceId }) => instanceId).sort(), ["away", "first", null]);
    assert.equal(group.members.get(away?.value?.memberId ?? "")?.instanceId, "away");
  }),
);
