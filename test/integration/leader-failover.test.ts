import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { KafkaProducer, KafkaUtils, milliseconds, StreamingContext } from "dstream";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import type { KafkaNodes } from "../support/kafka-nodes.ts";
import { javaClient, startRealCluster } from "../support/real-kafka.ts";

// Three brokers; a job reads, our producer and a transactional Java producer write, and the broker that leads a partition is killed
// in the middle. What was acknowledged or committed arrives once and in order, what was aborted never, and the job goes on.

const topic = "moving";
const numPartitions = 3;
const numSent = 2_000;
const numRounds = 60;
const roundPauseMs = 150;
const sendPauseMs = 4;
const killAfter = 600;

let cluster: KafkaNodes;
let client: KafkaClient;
before(async () => {
  cluster = await startRealCluster();
  client = new KafkaClient({ brokers: cluster.brokers.split(",") }, thisMachine);
  await createTopic();
});
after(async () => {
  await client.close();
  await cluster.stop();
});

/** Brokers answer a little before they count as replicas. */
async function createTopic(): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await client.createTopic(topic, numPartitions);
      return;
    } catch (error) {
      if (attempt === 50) throw error;
      await delay(200);
    }
  }
}

/** Sends numbers in turns to the partitions; the leader of partition 0 dies on the way. Resolves when all are acknowledged. */
async function sendWhileLeaderDies(): Promise<number> {
  const producer = new KafkaProducer({ brokers: cluster.brokers.split(",") });
  const acknowledged: Promise<unknown>[] = [];
  let killed: Promise<number> | undefined;
  for (let i = 0; i < numSent; i++) {
    acknowledged.push(producer.send({ topic, partition: i % numPartitions, value: `sent-${i}` }));
    if (i === killAfter) killed = killLeader();
    await delay(sendPauseMs);
  }
  await Promise.all(acknowledged);
  await producer.close();
  return (await killed) as number;
}

async function killLeader(): Promise<number> {
  const { nodeId } = await client.leaderOf(topic, 0);
  await cluster.kill(nodeId);
  return nodeId;
}

test("a job and its producers outlive the leader of a partition: nothing is lost, twice, out of order or uncommitted", async () => {
  const ssc = new StreamingContext({ appName: "failover", batchInterval: milliseconds(250), master: "local" });
  const rows: (readonly [number, string])[] = [];
  const allRead = Promise.withResolvers<void>();
  let expectedRows = Number.POSITIVE_INFINITY;
  KafkaUtils.createDirectStream(ssc, {
    brokers: cluster.brokers.split(","),
    topics: [topic],
    autoOffsetReset: "earliest",
  })
    .map((record) => [record.partition, record.value] as const)
    .foreachRDD(async (rdd) => {
      rows.push(...(await rdd.collect()));
      if (rows.length >= expectedRows) allRead.resolve();
    });
  const ended = ssc.awaitTermination();
  await ssc.start();
  const rounds = javaClient("RoundTrip", "rounds", cluster.brokers, topic, String(numRounds), String(roundPauseMs));
  const killed = await sendWhileLeaderDies();
  const committed = (await rounds).trim().split("\n");
  expectedRows = numSent + committed.length * 6;
  await Promise.race([allRead.promise, ended, delay(40_000, undefined, { ref: false })]);
  await ssc.stop({ stopGracefully: true });
  await ended;

  await client.refreshMetadata([topic]);
  assert.notEqual((await client.leaderOf(topic, 0)).nodeId, killed);
  const valuesOf = (partition: number, kind: string): string[] =>
    rows.filter(([at, value]) => at === partition && value.startsWith(kind)).map(([, value]) => value);
  for (let partition = 0; partition < numPartitions; partition++) {
    const sent = Array.from({ length: numSent }, (_, i) => i).filter((i) => i % numPartitions === partition);
    assert.deepEqual(
      valuesOf(partition, "sent"),
      sent.map((i) => `sent-${i}`),
    );
    const inRounds = committed.flatMap((round) =>
      [partition, partition + numPartitions].map((i) => `round-${round}-${i}`),
    );
    assert.deepEqual(valuesOf(partition, "round"), inRounds);
  }
  assert.equal(committed.length, (numRounds * 2) / 3);
});
