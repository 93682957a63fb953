import assert from "node:assert/strict";
import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCommand } from "../../../test/support/run-command.ts";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { EmbeddedBroker } from "../../broker/embedded-broker.ts";
import { decodeRecords, encodeRecords } from "../../driver/checkpoint/journal-text.ts";
import { KafkaProducer } from "../../kafka/producer/kafka-producer.ts";
import { StreamingContext } from "../../streaming/context/streaming-context.ts";
import { KafkaUtils } from "../../streaming/input/kafka-utils.ts";
import { ManualClock } from "../../testing/manual-clock.ts";

/** A count of three records in two batches, whose second failed, or another one. */
async function makeCheckpoint(checkpointDir: string, failing = 2_000): Promise<void> {
  const broker = await EmbeddedBroker.start();
  await broker.createTopic("words");
  const brokers = [broker.bootstrapServers];
  const producer = new KafkaProducer({ brokers });
  for (const value of ["a", "b"]) await producer.send({ topic: "words", value });
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "count", batchInterval: 1_000, clock, checkpointDir });
  KafkaUtils.createDirectStream(ssc, { brokers, topics: ["words"], autoOffsetReset: "earliest" })
    .map(({ value }) => [value, 1] as const)
    .updateStateByKey((ones, total = 0) => total + ones.length, { name: "totals" })
    .foreachRDD((_rdd, time) => {
      if (time === failing) throw new Error("down");
    });
  ssc.awaitTermination().catch(() => {});
  await ssc.start();
  await clock.advance(1_000);
  await producer.send({ topic: "words", value: "a" });
  await clock.advance(1_000);
  await ssc.stop();
  await producer.close();
  await broker.stop();
}

test("checkpoint shows the job, its offsets and its state, and finds damage", async (t) => {
  const directory = temporaryDirectory(t);
  await makeCheckpoint(directory);
  const call = (...args: string[]) => runCommand(["checkpoint", ...args]);
  const inspected = await call("inspect", directory);
  assert.match(inspected.output, /^job {16}count\n/);
  assert.match(inspected.output, /^last batch {9}1000 \(1970-01-01T00:00:01\.000Z\)\nunfinished batch {3}2000 /m);
  assert.match(inspected.output, /^stateful operator {2}totals: 2 entries, [1-9]\d+ bytes$/m);
  const { output } = await call("inspect", directory, "--json");
  const { appName, committed, unfinished, numBatches } = JSON.parse(output) as Record<string, unknown>;
  assert.deepEqual(
    { appName, committed, unfinished, numBatches },
    { appName: "count", committed: 1_000, unfinished: 2_000, numBatches: 1 },
  );
  assert.equal(
    (await call("offsets", directory)).output,
    "source  topic  partition  next offset  unfinished\nkafka   words  0          2            2-3\n",
  );
  const [totals] = JSON.parse((await call("state", directory, "--json")).output) as {
    entries: number;
    files: number;
  }[];
  assert.deepEqual([totals?.entries, totals?.files], [2, 1]);
  assert.equal((await call("verify", directory)).output, "journal and 1 state files are whole\n");
  for (const name of readdirSync(join(directory, "state"))) truncateSync(join(directory, "state", name), 50);
  const damaged = await call("verify", directory);
  assert.equal(damaged.code, 1);
  assert.match(damaged.errors, /\[CHECKPOINT_CORRUPT\] 1 of 1 files are damaged:\n.*does not have its \d+ bytes/);
});

test("checkpoint verify says which range of a journal is none, and what to do", async (t) => {
  const directory = temporaryDirectory(t);
  await makeCheckpoint(directory);
  const path = join(directory, "journal.1");
  const records = decodeRecords(readFileSync(path), path);
  const wrong = JSON.stringify(records).replaceAll('"untilOffset":3', '"untilOffset":2.5');
  writeFileSync(path, encodeRecords(JSON.parse(wrong) as object[]));
  const { code, errors } = await runCommand(["checkpoint", "verify", directory]);
  assert.equal(code, 1);
  assert.match(
    errors,
    /\[CHECKPOINT_CORRUPT\] .*words-0 from 2 to 2\.5 \(kafka\), which is no range of offsets; restore/,
  );
});

test("checkpoint offsets shows a first batch that is not finished", async (t) => {
  const directory = temporaryDirectory(t);
  await makeCheckpoint(directory, 1_000);
  assert.equal(
    (await runCommand(["checkpoint", "offsets", directory])).output,
    "source  topic  partition  next offset  unfinished\nkafka   words  0          0            0-2\n",
  );
  const { output } = await runCommand(["checkpoint", "offsets", directory, "--json"]);
  assert.deepEqual(JSON.parse(output), [
    { source: "kafka", topic: "words", partition: 0, next: 0, unfinished: [0, 2] },
  ]);
});

test("checkpoint says what is missing", async (t) => {
  const directory = temporaryDirectory(t);
  const none = await runCommand(["checkpoint", "inspect", directory]);
  assert.deepEqual([none.code, /has no checkpoint/.test(none.errors)], [1, true]);
  const misused = await runCommand(["checkpoint", "look", directory]);
  assert.deepEqual([misused.code, /no action look of inspect, verify, offsets, state/.test(misused.errors)], [2, true]);
});
