import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { runningTotals, topicsOf } from "../support/exactly-once/running-totals.ts";
import { World } from "../support/exactly-once/world.ts";
import type { KafkaNodes } from "../support/kafka-nodes.ts";
import { startRealCluster } from "../support/real-kafka.ts";
import { type Replicas, replicasOf } from "../support/replicas.ts";

// A job writes exactly-once to three brokers while those that its transactions need are killed and come back, one after the other. At
// no moment a reader of committed records may see a record twice or out of order, and in the end none may be missing.

/** The partitions whose leader a transaction of the job needs; the internal topics have one partition each here. */
const roles = {
  "the leader of an output partition": "copies-0",
  "the coordinator of its transactions": "__transaction_state-0",
  "the coordinator of its markers": "__consumer_offsets-0",
} as const;
type Role = keyof typeof roles;

const bounces: readonly (readonly [Role, "SIGKILL" | "SIGTERM"])[] = [
  ["the leader of an output partition", "SIGKILL"],
  ["the coordinator of its transactions", "SIGKILL"],
  ["the coordinator of its markers", "SIGKILL"],
  ["the coordinator of its transactions", "SIGTERM"],
];
const pauseMs = 5;
/** Records that must come out behind each bounce. */
const goesOnFor = 100;
const deadlineMs = 60_000;

// Each wait has a bound of its own; all together may come to more than a test has by default.
const timeout = 5 * 60_000;

test("brokers that a job's transactions need die and come back, and each record is in the output once", {
  timeout,
}, async (t) => {
  const cluster = await startRealCluster();
  const world = await worldOn(cluster, t);
  const ssc = runningTotals({ ...world.jobOptions, batchInterval: 200 });
  const ended = ssc.awaitTermination();
  ended.catch(() => {});
  await ssc.start();
  const stopFeeding = world.feed(pauseMs);
  t.after(async () => {
    await stopFeeding();
    await ssc.stop({ stopGracefully: false });
    await cluster.stop();
  });
  const hasWritten = (numRecords: number): Promise<void> =>
    Promise.race([
      until(`${numRecords} records are in the output`, async () => (await world.checkOutputSoFar()) >= numRecords),
      ended,
    ]);
  await hasWritten(goesOnFor);
  for (const [role, signal] of bounces) {
    const nodeId = await leaderOf(cluster, roles[role]);
    const beganAt = performance.now();
    await cluster.kill(nodeId, signal);
    await hasWritten(world.numSent + goesOnFor);
    t.diagnostic(`${signal} to ${role}, node ${nodeId}: went on after ${Math.round(performance.now() - beganAt)} ms`);
    await cluster.restart(nodeId);
    await untilInSync(cluster);
  }
  await stopFeeding();
  await hasWritten(world.numSent);
  await ssc.stop();
  await ended;
  await world.checkOutput();
  assert.ok(world.numSent > bounces.length * goesOnFor);
});

/** Brokers answer a little before they count as replicas. */
async function worldOn({ brokers }: KafkaNodes, t: TestContext): Promise<World> {
  let world: World | undefined;
  await until("the topics are made", async () => {
    world = await World.on(brokers, t, 0).catch(() => undefined);
    return world !== undefined;
  });
  return world as unknown as World;
}

async function leaderOf({ brokers }: KafkaNodes, partition: string): Promise<number> {
  return (await placesOn(brokers)).get(partition)?.leader ?? assert.fail(`${partition} has no leader`);
}

/** One dead broker more than the partitions can do without would be another test. */
async function untilInSync({ brokers }: KafkaNodes): Promise<void> {
  await until("all replicas are in sync", async () => {
    const places = [...(await placesOn(brokers)).values()];
    return places.every(({ inSync }) => inSync.length === 3);
  });
}

function placesOn(brokers: string): Promise<Map<string, Replicas>> {
  const topics = [...Object.values(topicsOf()), "__transaction_state", "__consumer_offsets"];
  return replicasOf(brokers.split(",")[0] as string, topics);
}

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`within ${deadlineMs} ms it did not come to pass that ${what}`);
    await delay(200);
  }
}
