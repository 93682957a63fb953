import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { test } from "node:test";
import { type DStreamError, KafkaUtils, StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { TransactionCalls } from "../../src/kafka/transactions/transaction-calls.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { committedEntries } from "../support/exactly-once/committed-topic.ts";
import { World } from "../support/exactly-once/world.ts";
import { WireConnection } from "../support/wire/wire-connection.ts";

test("a batch without records opens no transaction, and one with records says in its marker which batch it is", async (t) => {
  const world = await World.make(t, 10);
  await world.run(1);
  const [first] = await world.markers();
  await world.run(2);
  const [second, ...others] = await world.markers();
  assert.deepEqual(second, first);
  assert.deepEqual(others, []);
  assert.deepEqual([second?.topic, second?.partition, second?.offset], ["copies", 0, 1_000]);
  assert.equal(JSON.parse(second?.metadata ?? "").batch, 1_000);
  await world.checkOutput();
});

test("a job that has nothing to write reminds Kafka of its marker and its transactional id twice a day", async (t) => {
  const hours = 60 * 60 * 1_000;
  const world = await World.make(t, 10);
  const lastMarkers: number[] = [];
  for (let run = 0; run < 6; run++) {
    await world.run(1, { batchInterval: 5 * hours });
    lastMarkers.push(((await world.lastMarker())?.batch ?? 0) / hours);
  }
  assert.deepEqual(lastMarkers, [5, 5, 5, 20, 20, 20]);
  await world.checkOutput();
});

test("worker threads, too, bring their records to the batch's transaction", async (t) => {
  const world = await World.make(t, 100);
  process.env.DSTREAM_BROKERS = world.brokers;
  t.after(() => delete process.env.DSTREAM_BROKERS);
  const jobFile = new URL("../support/exactly-once/running-totals-worker.ts", import.meta.url);
  await world.run(3, { master: "local[2]", maxRatePerPartition: 20, jobFile });
  await world.checkOutput();
});

test("a marker that is gone, or an older copy of the checkpoint, is not guessed about", async (t) => {
  const world = await World.make(t, 10);
  await world.run(1);
  const copy = `${world.checkpointDir}-copy`;
  cpSync(world.checkpointDir, copy, { recursive: true });
  await world.send(10);
  await world.run(1);
  await assert.rejects(world.run(1, { checkpointDir: copy }), {
    code: "TRANSACTION_UNCERTAIN",
    message:
      /is that of batch 1000, and Kafka has a marker of batch 2000 of "running-totals-\w+": the checkpoint is an older copy/,
  });
  await deleteGroup(world.brokers, await world.transactionalId());
  await assert.rejects(world.run(1), {
    code: "TRANSACTION_UNCERTAIN",
    message: /is that of batch 2000, and Kafka has no marker/,
  });
});

test("a transactional id that another checkpoint has used is refused, and so is another id for a checkpoint", async (t) => {
  const world = await World.make(t, 10);
  await world.run(1, { transactionalId: "shared" });
  await assert.rejects(world.run(1, { transactionalId: "another" }), {
    code: "INVALID_OPTION",
    message: /transactionalId must be shared, which the checkpoint's transactions have, not another/,
  });
  rmSync(world.checkpointDir, { recursive: true });
  await assert.rejects(world.run(1, { transactionalId: "shared" }), {
    code: "CHECKPOINT_OTHER_JOB",
    message: /the transactional id "shared" was last used by another checkpoint \(\w+\)/,
  });
});

test("a job whose transactional id another producer takes while it runs ends, and what it had begun does not count", async (t) => {
  const world = await World.make(t, 100);
  const takeId = async (): Promise<void> => {
    const client = new KafkaClient({ brokers: [world.brokers] }, thisMachine);
    await new TransactionCalls(client, await world.transactionalId(), 60_000).initProducerId();
    await client.close();
  };
  await assert.rejects(world.run(3, { maxRatePerPartition: 10 }, takeId), ({ code, message, data }: DStreamError) => {
    assert.equal(code, "PRODUCER_FENCED");
    assert.match(message, /another producer has taken over, or the broker ended it$/);
    return typeof data.transactionalId === "string";
  });
  assert.deepEqual(await committedEntries(world.brokers, "copies"), []);
  await world.run(3);
  await world.checkOutput();
});

for (const master of ["local", "local[2]"]) {
  test(`records that are too many for the driver are refused at every start until the option is raised, on ${master}`, async (t) => {
    const world = await World.make(t, 2_000);
    process.env.DSTREAM_BROKERS = world.brokers;
    t.after(() => delete process.env.DSTREAM_BROKERS);
    const jobFile = new URL("../support/exactly-once/running-totals-worker.ts", import.meta.url);
    const options = master === "local" ? {} : { master, jobFile };
    for (const maxRatePerPartition of [100_000, 1]) {
      await assert.rejects(world.run(1, { ...options, maxResultBytes: 1_000, maxRatePerPartition }), {
        code: "RESULT_TOO_LARGE",
        message:
          /^\[RESULT_TOO_LARGE\] saveToKafka \(.*running-totals\.ts:\d+:\d+\): the records of this batch for Kafka have more than maxResultBytes = 1000 bytes; .* Start the job again with a higher maxResultBytes, or with delivery: "at-least-once"/,
        data: { option: "maxResultBytes", limit: 1_000 },
      });
    }
    assert.deepEqual(await committedEntries(world.brokers, "copies"), []);
    await world.run(1, options);
    assert.equal((await world.lastMarker())?.batch, 1_000, "the batch that was planned");
    await world.checkOutput();
  });
}

test("a record that cannot be sent ends the job with its own reason, and nothing of its batch is seen", async (t) => {
  const world = await World.make(t, 100);
  const run = async (wrongPartition: number): Promise<void> => {
    const clock = new ManualClock();
    const { checkpointDir, brokers } = world;
    const ssc = new StreamingContext({ appName: "copy", batchInterval: 1_000, clock, checkpointDir });
    KafkaUtils.createDirectStream(ssc, { brokers: [brokers], topics: ["input"], startingOffsets: "earliest" })
      .map(({ key, value }) => ({ key, value, partition: value === "50" ? wrongPartition : 0 }))
      .saveToKafka({ topic: "copies", toRecord: (record) => record });
    const ended = ssc.awaitTermination();
    ended.catch(() => {});
    await ssc.start();
    await clock.advance(1_000);
    await ssc.stop();
    await ended;
  };
  await assert.rejects(run(99), { code: "INVALID_OPTION", message: /partition must be from 0 to 1/ });
  assert.deepEqual(await committedEntries(world.brokers, "copies"), []);
  await run(1);
  assert.equal((await committedEntries(world.brokers, "copies")).length, 100);
});

test("a timeout that the broker does not allow is refused at the start", async (t) => {
  const world = await World.make(t, 0);
  await assert.rejects(world.run(1, { transactionTimeout: 3_600_000 }), {
    code: "INVALID_OPTION",
    message: /lower transactionTimeout, or raise the broker's transaction.max.timeout.ms/,
  });
});

async function deleteGroup(brokers: string, group: string): Promise<void> {
  const wire = await WireConnection.open(brokers);
  await wire.request("deleteGroups", 2, (writer) => writer.array([group], (name) => writer.string(name)).tags());
  wire.close();
}
