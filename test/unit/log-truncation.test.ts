import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { KafkaProducer } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { type CollectingJob, type JobOptions, startCollectingJob } from "../support/collecting-job.ts";
import { cutLog } from "../support/cut-log.ts";
import { RecordedLog } from "../support/recorded-log.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// A log that loses records at its end and gets others: five are read, a to e, then the broker is stopped, its log is cut behind c,
// and it is started again.

const topic = "cut";
const read = ["a", "b", "c", "d", "e"];
const written = ["v", "w", "x", "y", "z"];

class Cluster {
  readonly dir: string;
  broker: EmbeddedBroker;

  private constructor(dir: string, broker: EmbeddedBroker) {
    this.dir = dir;
    this.broker = broker;
  }

  static async start(t: TestContext): Promise<Cluster> {
    const dir = mkdtempSync(join(tmpdir(), "dstream-"));
    const cluster = new Cluster(dir, await EmbeddedBroker.start({ dir }));
    t.after(async () => {
      await cluster.broker.stop();
      rmSync(dir, { recursive: true });
    });
    await cluster.broker.createTopic(topic, { partitions: 1 });
    await cluster.send(read);
    return cluster;
  }

  /** A batch of the log for each value. */
  async send(values: readonly string[]): Promise<void> {
    const producer = new KafkaProducer({ brokers: [this.broker.bootstrapServers], lingerMs: 0 });
    for (const value of values) await producer.send({ topic, partition: 0, value });
    await producer.close();
  }

  async truncate(then: readonly string[] = written): Promise<void> {
    const port = Number(this.broker.bootstrapServers.split(":")[1]);
    await this.broker.stop();
    cutLog(this.dir, 3);
    this.broker = await EmbeddedBroker.start({ dir: this.dir, port });
    await this.send(then);
  }
}

const startJob = (cluster: Cluster, options: JobOptions = {}): Promise<CollectingJob> =>
  startCollectingJob([cluster.broker.bootstrapServers], topic, options);

const truncated = {
  code: "LOG_TRUNCATED",
  message:
    '[LOG_TRUNCATED] the log of cut-0 was truncated: the records from offset 3 up to 5 that were there under leader epoch 0 are gone, and others may have their offsets; choose onLogTruncation "continue" to go on at offset 3',
  data: { topic, partition: 0, offset: 5, leaderEpoch: 0, partsAt: 3, option: "onLogTruncation" },
};

for (const [grown, then] of [
  ["grew again", written],
  ["is only shorter", []],
] as const) {
  test(`a job whose log was truncated and ${grown} ends, and says where the logs part`, async (t) => {
    const cluster = await Cluster.start(t);
    const job = await startJob(cluster);
    assert.deepEqual(await job.next(), read);
    await cluster.truncate(then);
    assert.deepEqual(await job.next(), []);
    await assert.rejects(job.ended, truncated);
  });
}

test("a job that is told to continue goes on where the logs part, and warns", async (t) => {
  const said = new RecordedLog();
  const cluster = await Cluster.start(t);
  const job = await startJob(cluster, { onLogTruncation: "continue", logger: said });
  assert.deepEqual(await job.next(), read);
  await cluster.truncate();
  assert.deepEqual(await job.next(), written);
  assert.match(
    said.warnings("LOG_TRUNCATED").join(),
    /^the log of cut-0 was truncated: .+; the stream goes on at offset 3$/,
  );
  await cluster.send(["more"]);
  assert.deepEqual(await job.next(), ["more"]);
  await job.ssc.stop();
});

test("a log that is only shorter is left to onOffsetOutOfRange where that is given alone; one that grew again is not", async (t) => {
  const cluster = await Cluster.start(t);
  const job = await startJob(cluster, { onOffsetOutOfRange: "earliest" });
  assert.deepEqual(await job.next(), read);
  await cluster.truncate([]);
  assert.deepEqual(await job.next(), ["a", "b", "c"]);
  await cluster.send(["d", "e"]);
  assert.deepEqual(await job.next(), ["d", "e"]);
  await cluster.truncate();
  assert.deepEqual(await job.next(), []);
  await assert.rejects(job.ended, { code: "LOG_TRUNCATED", data: { ...truncated.data, leaderEpoch: 1 } });
});

test("a clean restart of the broker is no truncation, with or without records under each leader", async (t) => {
  const cluster = await Cluster.start(t);
  const job = await startJob(cluster);
  assert.deepEqual(await job.next(), read);
  for (const values of [[], ["f"], [], ["g", "h"]]) {
    const port = Number(cluster.broker.bootstrapServers.split(":")[1]);
    await cluster.broker.stop();
    cluster.broker = await EmbeddedBroker.start({ dir: cluster.dir, port });
    await cluster.send(values);
    assert.deepEqual(await job.next(), values);
  }
  await job.ssc.stop();
});

test("a topic that was made anew on a broker of many lives is noticed with the next batch, by its early leader epoch", async (t) => {
  const cluster = await Cluster.start(t);
  for (let life = 0; life < 2; life++) {
    const port = Number(cluster.broker.bootstrapServers.split(":")[1]);
    await cluster.broker.stop();
    cluster.broker = await EmbeddedBroker.start({ dir: cluster.dir, port });
  }
  const job = await startJob(cluster);
  assert.deepEqual(await job.next(), read);
  const client = new KafkaClient({ brokers: [cluster.broker.bootstrapServers] }, thisMachine);
  await client.deleteTopic(topic);
  await client.close();
  await cluster.broker.createTopic(topic, { partitions: 1 });
  await cluster.send([...written, ...written]);
  assert.deepEqual(await job.next(), []);
  await assert.rejects(job.ended, {
    code: "OFFSET_OUT_OF_RANGE",
    message: /offset 5 of cut-0 is of a topic that was deleted and made anew, which has 0 to 10;/,
  });
});

for (const [kind, hasCheckpoint] of [
  ["its checkpoint", true],
  ["its group's offsets", false],
] as const) {
  test(`a job that goes on from ${kind} notices that the log was truncated while it was down`, async (t) => {
    const cluster = await Cluster.start(t);
    const checkpointDir = temporaryDirectory(t);
    const kept = { clock: new ManualClock(), ...(hasCheckpoint && { checkpointDir }) };
    const first = await startJob(cluster, kept);
    assert.deepEqual(await first.next(), read);
    await first.ssc.stop();
    await cluster.truncate();
    await assert.rejects(startJob(cluster, kept), truncated);
    const third = await startJob(cluster, { ...kept, onLogTruncation: "continue" });
    assert.deepEqual(await third.next(), written);
    await third.ssc.stop();
    const fourth = await startJob(cluster, kept);
    await cluster.send(["more"]);
    assert.deepEqual(await fourth.next(), ["more"]);
    await fourth.ssc.stop();
  });
}

test("a batch that is read when its log was truncated since its plan gives nothing that came later", async (t) => {
  const cluster = await Cluster.start(t);
  const failing = await startJob(cluster, { inTask: () => cluster.truncate() });
  assert.deepEqual(await failing.next(), []);
  await assert.rejects(failing.ended, truncated);
});

test("told to continue, such a batch has what is left of its range, and the next one what came in place of the rest", async (t) => {
  const cluster = await Cluster.start(t);
  const job = await startJob(cluster, { onLogTruncation: "continue", inTask: () => cluster.truncate() });
  assert.deepEqual(await job.next(), ["a", "b", "c"]);
  assert.deepEqual(await job.next(), written);
  await job.ssc.stop();
});

test("a batch that is read when its log is only shorter than at its plan ends at once", async (t) => {
  const cluster = await Cluster.start(t);
  const failing = await startJob(cluster, { inTask: () => cluster.truncate([]) });
  assert.deepEqual(await failing.next(), []);
  await assert.rejects(failing.ended, truncated);
  const continuing = await startJob(cluster, { onLogTruncation: "continue" });
  assert.deepEqual(await continuing.next(), ["a", "b", "c"]);
  await continuing.ssc.stop();
});

test("a planned batch that is run again after a restart has what is left of its range", async (t) => {
  const cluster = await Cluster.start(t);
  const kept = { clock: new ManualClock(), checkpointDir: temporaryDirectory(t) };
  const failing = await startJob(cluster, { ...kept, fails: true });
  assert.deepEqual(await failing.next(), []);
  await assert.rejects(failing.ended, { code: "USER_FUNCTION_FAILED" });
  await cluster.truncate();
  await assert.rejects(startJob(cluster, kept), truncated);
  const again = await startJob(cluster, { ...kept, onLogTruncation: "continue" });
  assert.deepEqual(await again.next(), ["a", "b", "c", ...written]);
  assert.deepEqual(again.ranges, [
    [0, 3],
    [3, 8],
  ]);
  await again.ssc.stop();
});
