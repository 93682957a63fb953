import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { KafkaProducer } from "dstream";
import { ManualClock } from "dstream/testing";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { startCollectingJob } from "../support/collecting-job.ts";
import type { KafkaNodes } from "../support/kafka-nodes.ts";
import { startRealCluster } from "../support/real-kafka.ts";
import { replicasOf } from "../support/replicas.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { createTopic } from "../support/wire/topic-requests.ts";
import { WireConnection } from "../support/wire/wire-connection.ts";

// Three brokers, a topic on the first two. The second is down while the first takes records that a job reads; then the first is
// killed, and the second, which has never seen them, may lead all the same. It gets other records at their offsets.

const topic = "unclean";
const [ahead, behind] = [1, 2];

let cluster: KafkaNodes;
let client: KafkaClient;
let brokers: readonly string[];
before(async () => {
  cluster = await startRealCluster();
  brokers = cluster.brokers.split(",");
  client = new KafkaClient({ brokers }, thisMachine);
});
after(async () => {
  await client?.close();
  await cluster?.stop();
});

async function send(values: readonly string[]): Promise<void> {
  const producer = new KafkaProducer({ brokers, lingerMs: 0 });
  for (const value of values) await producer.send({ topic, partition: 0, value });
  await producer.close();
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    if (await isSo().catch(() => false)) return;
    if (attempt === 150) throw new Error("it takes too long");
    await delay(200);
  }
}

const replicas = async (): Promise<{ leader: number; inSync: readonly number[] }> => {
  const found = (await replicasOf(brokers[2] as string, [topic])).get(`${topic}-0`);
  if (found === undefined) throw new Error("the topic is not known yet");
  return found;
};

test("a job whose records an unclean election has taken away ends, and goes on where the logs part if it is told to", async (t) => {
  const wire = await WireConnection.open(brokers[0] as string);
  await until(async () => {
    await createTopic(wire, topic, {
      assignments: [[0, [ahead, behind]]],
      config: { "unclean.leader.election.enable": "true", "min.insync.replicas": "1" },
    });
    return true;
  });
  wire.close();
  await until(async () => (await replicas()).inSync.length === 2);
  await send(["a", "b", "c", "d", "e"]);
  await cluster.kill(behind);
  await until(async () => (await replicas()).inSync.length === 1);
  await send(["f", "g", "h"]);
  const kept = { clock: new ManualClock(), checkpointDir: temporaryDirectory(t) };
  const job = await startCollectingJob(brokers, topic, kept);
  assert.deepEqual(await job.next(), ["a", "b", "c", "d", "e", "f", "g", "h"]);

  await cluster.kill(ahead);
  await cluster.restart(behind);
  await until(async () => (await replicas()).leader === behind);
  const others = ["1", "2", "3", "4", "5"];
  await send(others);
  const [end] = await client.listOffsets([{ topic, partition: 0 }], "latest", "read_committed");
  assert.equal(end?.offset, 10);
  const leaderEpochs = /the records from offset 5 up to 8 that were there under leader epoch \d+ are gone/;
  assert.deepEqual(await job.next(), []);
  await assert.rejects(job.ended, { code: "LOG_TRUNCATED", message: leaderEpochs });
  await assert.rejects(startCollectingJob(brokers, topic, kept), { code: "LOG_TRUNCATED", message: leaderEpochs });
  const again = await startCollectingJob(brokers, topic, { ...kept, onLogTruncation: "continue" });
  assert.deepEqual(await again.next(), others);
  await send(["6"]);
  assert.deepEqual(await again.next(), ["6"]);
  await again.ssc.stop();
});
