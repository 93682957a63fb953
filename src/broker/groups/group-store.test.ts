import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { type Machine, thisMachine } from "../../runtime/machine/machine.ts";
import { type BrokerFiles, openFiles } from "../broker-files.ts";
import { MetaLog } from "../meta-log.ts";
import type { JoinRequest } from "./consumer-group.ts";
import { type CommittedOffset, GroupStore } from "./group-store.ts";

/** With the clock that tests set. */
const machine: Machine = { ...thisMachine, clock: { ...thisMachine.clock, now: () => Date.now() } };

const week = 7 * 24 * 60 * 60_000;
const start = 1_800_000_000_000;

function offsetOf(topic: string, partition = 0): CommittedOffset {
  return { topic, partition, offset: 5, leaderEpoch: 2, metadata: "" };
}

function clockAt(t: TestContext): (afterMs: number) => number {
  t.mock.timers.enable({ apis: ["Date", "setTimeout"], now: start });
  return (afterMs) => {
    t.mock.timers.setTime(start + afterMs);
    return start + afterMs;
  };
}

/** A subscription to one topic, as consumers write it. */
function subscription(topic: string): Buffer {
  const name = Buffer.from(topic);
  return Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 1, 0, name.length]), name]);
}

async function joined(store: GroupStore, id: string, topic: string): Promise<string> {
  const request: JoinRequest = {
    ...{ memberId: "", instanceId: null, clientId: "c", clientHost: "/h", sessionTimeoutMs: 1_000_000 },
    ...{ rebalanceTimeoutMs: 60_000, protocolType: "consumer", knowsMemberIdRequired: false, canSkipAssignment: false },
    protocols: [{ name: "range", metadata: subscription(topic) }],
  };
  const group = store.findOrCreate(id);
  const joining = group.join(request);
  return (await joining).memberId;
}

test("offsets of a group that never had members expire a week after they were committed", (t) => {
  const at = clockAt(t);
  const store = new GroupStore(new MetaLog(undefined, machine), machine);
  store.commit("g", offsetOf("old"));
  at(1_000);
  store.commit("g", offsetOf("young"));
  store.collectGarbage(at(week - 1));
  assert.equal(store.offsets("g").length, 2);
  store.collectGarbage(at(week));
  assert.deepEqual(
    store.offsets("g").map(({ topic }) => topic),
    ["young"],
  );
  store.collectGarbage(at(week + 1_000));
  assert.equal(store.find("g"), undefined);
});

test("offsets that an open transaction may change do not expire", (t) => {
  const at = clockAt(t);
  const store = new GroupStore(new MetaLog(undefined, machine), machine);
  store.commit("g", offsetOf("pending"));
  store.commit("g", offsetOf("other"));
  store.collectGarbage(at(week), (_, { topic }) => topic === "pending");
  assert.deepEqual(
    store.offsets("g").map(({ topic }) => topic),
    ["pending"],
  );
});

test("offsets of a group at work stay, apart from topics that nobody reads; they expire a week after the last member left", async (t) => {
  const at = clockAt(t);
  const store = new GroupStore(new MetaLog(undefined, machine), machine);
  const joining = joined(store, "g", "read");
  t.mock.timers.tick(50);
  const memberId = await joining;
  const group = store.findOrCreate("g");
  await group.sync({ memberId, instanceId: null, generation: 1 }, { type: null, name: null }, new Map());
  assert.equal(group.state, "Stable");
  store.commit("g", offsetOf("read"));
  store.commit("g", offsetOf("left"));
  store.collectGarbage(at(2 * week));
  assert.deepEqual(
    store.offsets("g").map(({ topic }) => topic),
    ["read"],
  );
  group.leave([{ memberId, instanceId: null }]);
  const leftMs = at(2 * week + 10);
  store.collectGarbage(leftMs);
  store.collectGarbage(at(3 * week + 9));
  assert.equal(store.offsets("g").length, 1);
  store.collectGarbage(at(3 * week + 10));
  assert.equal(store.find("g"), undefined);
  group.stop();
});

test("how old offsets are, and since when a group is empty, outlives a restart", async (t) => {
  const at = clockAt(t);
  const dir = temporaryDirectory(t);
  const life = (use: (files: BrokerFiles) => void): void => {
    const files = openFiles(dir, 1, 1, machine);
    use(files);
    files.close();
  };
  let files = openFiles(dir, 1, 1, machine);
  files.groups.commit("simple", offsetOf("t"));
  files.groups.commit("consumers", offsetOf("t"));
  const joining = joined(files.groups, "consumers", "t");
  t.mock.timers.tick(50);
  await joining;
  files.groups.collectGarbage(at(100));
  files.close();
  // The members are gone with the broker: the week begins when it is there again.
  at(2 * week);
  files = openFiles(dir, 1, 1, machine);
  files.groups.collectGarbage(at(2 * week));
  assert.equal(files.groups.find("simple"), undefined);
  assert.equal(files.groups.offsets("consumers").length, 1);
  files.close();
  at(3 * week - 1);
  life(({ groups }) => {
    groups.collectGarbage(at(3 * week - 1));
    assert.equal(groups.offsets("consumers").length, 1);
  });
  life(({ groups }) => {
    groups.collectGarbage(at(3 * week));
    assert.equal(groups.find("consumers"), undefined);
  });
});

test("there are only so many offsets and groups; those that are there can still be changed", () => {
  const store = new GroupStore(new MetaLog(undefined, machine), machine);
  for (let partition = 0; partition < 250_000; partition++)
    store.restore("g", { ...offsetOf("t", partition), commitMs: 1 });
  assert.equal(store.hasRoomForOffset("g", offsetOf("t", 250_000)), false);
  assert.equal(store.hasRoomForOffset("other", offsetOf("t", 1)), false);
  assert.equal(store.hasRoomForOffset("g", offsetOf("t", 1)), true);
  store.forgetOffset("g", "t", 5);
  assert.equal(store.hasRoomForOffset("g", offsetOf("t", 250_000)), true);
  store.forgetTopic("t");
  assert.equal(store.hasRoomForOffset("other", offsetOf("t", 1)), true);
  for (let i = 1; i < 100_000; i++) store.findOrCreate(`group-${i}`);
  assert.deepEqual([store.hasRoomForGroup("new"), store.hasRoomForGroup("g")], [false, true]);
});
