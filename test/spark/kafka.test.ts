import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type BatchInfo, type ConsumerRecord, type DStreamError, KafkaProducer, StreamingContext } from "dstream";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import type { ProducerRecord } from "../../src/kafka/producer/kafka-producer.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { thisProcess } from "../../src/runtime/process/this-process.ts";
import { readRecords } from "../../src/sources/kafka/reading/record-source.ts";
import { dstream } from "../support/dstream.ts";
import { createPartitions } from "../support/kafka-job.ts";
import { javaClient, type RealKafka, startRealKafka } from "../support/real-kafka.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { topicBatches } from "../support/topic-batches.ts";
import { addPartitions, endTxn, initProducerId } from "../support/wire/transaction-requests.ts";
import { WireConnection } from "../support/wire/wire-connection.ts";
import { kafkaJobs } from "./jobs/kafka-jobs.ts";

// Real Kafka, read by real Spark: what its Kafka source gives our functions has to be what our own reader gives them.

/** So that compaction is seen within seconds. */
const cleanerInHaste = "log.cleaner.backoff.ms=100";

let spark: SparkServer;
let kafka: RealKafka;
let client: KafkaClient;
let master: string;

before(async () => {
  [spark, kafka] = await Promise.all([startSpark({ mode: "local" }), startRealKafka({ security: cleanerInHaste })]);
  client = new KafkaClient({ brokers: [kafka.brokers] }, thisMachine);
  master = spark.url;
  thisProcess.runOptions = { brokers: [kafka.brokers] };
});

after(async () => {
  await SharedSession.closeAll();
  await client?.close();
  await Promise.all([spark?.stop(), kafka?.stop()]);
});

async function send(records: readonly ProducerRecord[]): Promise<void> {
  const producer = new KafkaProducer({ brokers: [kafka.brokers] });
  await Promise.all(records.map((record) => producer.send(record)));
  await producer.close();
}

/** Values, one after the other over the topic's partitions. */
const sendValues = (topic: string, partitions: number, values: readonly (string | null)[]): Promise<void> =>
  send(values.map((value, i) => ({ topic, value, partition: i % partitions })));

async function recordsOf(topic: string): Promise<ConsumerRecord<unknown, unknown>[]> {
  const [end] = await client.listOffsets([{ topic, partition: 0 }], "latest", "read_committed");
  const range = { topic, partition: 0, fromOffset: 0, untilOffset: end?.offset ?? 0 };
  const records: ConsumerRecord<unknown, unknown>[] = [];
  const options = { nullValues: "keep" } as const;
  for await (const batch of readRecords(client, range, options, new AbortController().signal)) records.push(...batch);
  return records;
}

/** Commits a transaction without records, which leaves a marker in each of these partitions. */
async function writeMarkers(topic: string, partitions: readonly number[]): Promise<void> {
  const wire = await WireConnection.open(kafka.brokers);
  const id = `markers-of-${topic}`;
  const identity = await initProducerId(wire, id);
  const added = await addPartitions(
    wire,
    id,
    identity,
    partitions.map((partition) => [topic, partition] as const),
  );
  assert.deepEqual([...added, await endTxn(wire, id, identity, true)], [...partitions.map(() => 0), 0]);
  wire.close();
}

const sorted = (rows: readonly unknown[]): unknown[] =>
  rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

test("the word count example prints the same totals on Spark as on local and local[2]", async (t) => {
  await client.createTopic("test", 3);
  const lines = Array.from({ length: 90 }, (_, i) => `a b${i % 3 === 0 ? " c" : ""}`);
  await sendValues("test", 3, lines);
  const offsets = [0, 1, 2].map((partition) => ({ topic: "test", partition, offset: 0 }));
  for (const each of ["local", "local[2]", master]) {
    await client.commitOffsets("word-count", offsets);
    const args = ["run", "examples/word-count.ts", "--brokers", kafka.brokers, "--master", each, "--batches", "1"];
    args.push("--checkpoint", temporaryDirectory(t));
    const { code, stdout, stderr } = await dstream(args);
    assert.equal(code, 0, stderr);
    assert.deepEqual(stdout.split("\n").slice(3, -2).sort(), ["(a,90)", "(b,90)", "(c,30)"], each);
  }
});

test("keys, headers, null values and times arrive as they do on local, and so does a batch with nothing in it", async () => {
  await client.createTopic("everything", 2);
  const timestamp = Date.now() - 1_000;
  await send([
    { topic: "everything", partition: 0, key: "größer", value: "ä", timestamp },
    {
      topic: "everything",
      partition: 1,
      key: new Uint8Array([0, 255]),
      value: null,
      timestamp: timestamp + 1,
      headers: [
        ["h", "x"],
        ["h", new Uint8Array([200])],
        ["e", ""],
      ],
    },
    { topic: "everything", partition: 0, value: "", timestamp: timestamp + 2 },
  ]);
  const expected = [
    ["everything-0@0", timestamp, [...Buffer.from("größer")], "ä", []],
    ["everything-0@1", timestamp + 2, null, "", []],
    [
      "everything-1@0",
      timestamp + 1,
      [0, 255],
      null,
      [
        ["h", [120]],
        ["h", [200]],
        ["e", []],
      ],
    ],
  ];
  for (const each of ["local", master]) {
    const job = await kafkaJobs.start("everything", "everything", { master: each });
    assert.deepEqual(sorted(await job.next()), expected, each);
    assert.deepEqual(await job.next(), []);
    await job.stop();
    await client.commitOffsets("everything-everything", [
      { topic: "everything", partition: 0, offset: 0 },
      { topic: "everything", partition: 1, offset: 0 },
    ]);
  }
});

test("records that cannot be deserialized are left out, told to the handler, or end the job by their place", async () => {
  await client.createTopic("json", 1);
  await sendValues("json", 1, ['{"n":1}', "{oops", null, '{"n":2}']);
  const skipping = await kafkaJobs.start("jsonOrSkip", "json", { master });
  assert.deepEqual(await skipping.next(), [1, 2]);
  await skipping.stop();
  const handling = await kafkaJobs.start("jsonOrHandler", "json", { master });
  assert.deepEqual(await handling.next(), [1, 2, "json-0@1 5 bytes, DESERIALIZATION_FAILED"]);
  await handling.stop();
  const failing = await kafkaJobs.start("jsonOrFail", "json", { master });
  await assert.rejects(failing.next(), (error: DStreamError) => {
    assert.equal(error.code, "DESERIALIZATION_FAILED");
    assert.match(error.message, /the record at json-0 offset 1 cannot be deserialized/);
    assert.doesNotMatch(error.message, /oops/);
    assert.deepEqual([error.data.topic, error.data.partition, error.data.offset], ["json", 0, 1]);
    return true;
  });
});

test("a value that is null ends a job that does not expect it, by its place", async () => {
  await client.createTopic("nulls", 1);
  await sendValues("nulls", 1, ["a", null]);
  const job = await kafkaJobs.start("values", "nulls", { master });
  await assert.rejects(job.next(), { code: "NULL_VALUE", message: /the record at nulls-0 offset 1 has no value/ });
});

test("a partition that is added while the job runs is read from its start", async () => {
  await client.createTopic("growing", 1);
  await sendValues("growing", 1, ["a"]);
  const job = await kafkaJobs.start("partitions", "growing", { master });
  assert.deepEqual(await job.next(), [[0, ["a"]]]);
  await createPartitions(kafka.brokers, "growing", 2);
  await client.refreshMetadata(["growing"]);
  await send([
    { topic: "growing", partition: 0, value: "b" },
    { topic: "growing", partition: 1, value: "c" },
  ]);
  const seen: unknown[] = [];
  for (let batch = 0; batch < 6; batch++) seen.push(...(await job.next()).filter((row) => (row as any)[1].length > 0));
  await job.stop();
  assert.deepEqual(sorted(seen), [
    [0, ["b"]],
    [1, ["c"]],
  ]);
});

test("of a compacted topic each record that is left arrives once", async () => {
  const config = {
    "cleanup.policy": "compact",
    "segment.ms": "100",
    "min.cleanable.dirty.ratio": "0.001",
    "max.compaction.lag.ms": "200",
  };
  await client.createTopic("compacted", 1, config);
  for (let round = 0; round < 4; round++) {
    await send(["x", "y"].map((key) => ({ topic: "compacted", partition: 0, key, value: `${key}${round}` })));
    await delay(150);
  }
  await send([{ topic: "compacted", partition: 0, key: "z", value: "z0" }]);
  const expected = ["x3", "y3", "z0"];
  while ((await recordsOf("compacted")).length > expected.length) await delay(100);
  const job = await kafkaJobs.start("values", "compacted", { master });
  assert.deepEqual(await job.next(), expected);
  await job.stop();
});

test("aborted records are left out, also where a range ends in transaction markers", async () => {
  await client.createTopic("aborted", 1);
  await javaClient("RoundTrip", "transactions", kafka.brokers, "aborted");
  const expected: string[] = [];
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 40; i++) {
      if (round % 3 === 2) expected.push(`keep-a-${round}-${i}`);
      if (round % 2 === 0 && i % 2 === 0) expected.push(`keep-b-${round}-${i}`);
    }
  }
  const job = await kafkaJobs.start("values", "aborted", { master });
  assert.deepEqual(sorted(await job.next()), expected.sort());
  await sendValues("aborted", 1, ["last"]);
  assert.deepEqual(await job.next(), ["last"]);
  await job.stop();
});

test("a partition with nothing but markers runs as one without rows, once", async () => {
  await client.createTopic("markers", 3);
  const job = await kafkaJobs.start("partitions", "markers", { master });
  const empty = [
    [0, []],
    [1, []],
    [2, []],
  ];
  assert.deepEqual(sorted(await job.next()), empty);
  await writeMarkers("markers", [0, 1, 2]);
  assert.deepEqual(sorted(await job.next()), empty);
  await sendValues("markers", 1, ["a"]);
  await writeMarkers("markers", [2]);
  assert.deepEqual(sorted(await job.next()), [[0, ["a"]], ...empty.slice(1)]);
  await job.stop();
  const flat = await kafkaJobs.start("values", "markers", { master });
  assert.deepEqual(await flat.next(), ["a"]);
  await flat.stop();
});

test("two Kafka streams and a queue in one job give what each has, and say of each batch what it did", async () => {
  for (const topic of ["mixed", "mixed-2"]) await client.createTopic(topic, 2);
  await sendValues("mixed", 2, ["a", "b", "a"]);
  const job = await kafkaJobs.start("threeSources", "mixed", { master });
  const infos: BatchInfo[] = [];
  const listener = { onBatchCompleted: ({ batchInfo }: { batchInfo: BatchInfo }) => infos.push(batchInfo) };
  StreamingContext.getActive()?.addStreamingListener(listener);
  assert.deepEqual(sorted(await job.next()), [
    ["1 a", 2],
    ["1 b", 1],
    ["3 q", 2],
  ]);
  await sendValues("mixed-2", 2, ["a", "c"]);
  assert.deepEqual(sorted(await job.next()), [
    ["2 a", 1],
    ["2 c", 1],
  ]);
  assert.deepEqual(await job.next(), [["3 r", 1]]);
  assert.deepEqual(await job.next(), []);
  await job.stop();
  const facts = infos[0]?.facts;
  // Spark runs no task for a partition in which there is nothing.
  assert.deepEqual(
    facts?.sources.map(({ source, records }) => [source, records]),
    [
      ["kafka", 3],
      ["queue", 2],
    ],
  );
  assert.deepEqual(facts?.sources[0]?.partitions, [
    { partition: 0, records: 2, bytes: 2 },
    { partition: 1, records: 1, bytes: 1 },
  ]);
  const counted = Object.entries(facts?.rows ?? {}).find(([name]) => name.endsWith("reduceByKey"));
  assert.deepEqual([counted?.[1], facts?.outputs], [3, [{ id: 0, rows: 3 }]]);
  assert.deepEqual(Object.keys(facts?.phases ?? {}), ["plan", "log", "read", "compute", "prepare", "commit"]);
  const [first, last] = facts?.stages ?? [];
  assert.equal(last?.timing?.numTasks, last?.numTasks);
  assert.ok((first?.timing?.numTasks ?? 0) > 0, "no process told of a task before the shuffle");
  assert.ok((first?.timing?.taskMs as number) > 0);
});

for (const [what, hasCheckpoint] of [
  ["executors write to Kafka", false],
  ["with a checkpoint the driver writes to Kafka in a transaction", true],
] as const) {
  test(`${what}: pairs as key and value, and records as the program makes them`, async (t) => {
    const topic = hasCheckpoint ? "saved-once" : "saved";
    for (const each of [topic, `${topic}-out`, `${topic}-marked`]) await client.createTopic(each, 1);
    await sendValues(topic, 1, ["a", "b", "a"]);
    const checkpoint = hasCheckpoint ? { checkpointDir: temporaryDirectory(t) } : {};
    const job = await kafkaJobs.start("savesCounts", topic, { master, ...checkpoint });
    await job.next();
    await job.next();
    await job.stop();
    const text = (bytes: unknown): string | null => (bytes === null ? null : String(bytes));
    const out = (await recordsOf(`${topic}-out`)).map(({ key, value, headers }) => [text(key), text(value), headers]);
    assert.deepEqual(sorted(out), [
      ["a", "2", []],
      ["b", "1", []],
    ]);
    const marked = (await recordsOf(`${topic}-marked`)).map(({ key, value, headers }) => {
      return [text(key), value, headers.map(([name, bytes]) => `${name}=${Buffer.from(bytes ?? [])}`)];
    });
    assert.deepEqual(sorted(marked), [
      ["a", null, ["n=2"]],
      ["b", null, ["n=1"]],
    ]);
  });
}

for (const [what, hasCheckpoint] of [
  ["without a checkpoint", false],
  ["with a checkpoint", true],
] as const) {
  test(`records are passed on with headers and times, and what is no record or in part pairs is refused, ${what}`, async (t) => {
    const topic = hasCheckpoint ? "passed-once" : "passed";
    for (const each of [topic, `${topic}-passed`, `${topic}-maps`, `${topic}-out`]) {
      await client.createTopic(each, each === topic ? 2 : 1);
    }
    const headers = [
      ["h", new Uint8Array([0, 255])],
      ["h", null],
    ] as const;
    await send([
      { topic, key: "k", value: null, timestamp: 5_000, headers, partition: 0 },
      { topic, value: "v", timestamp: 6_000, partition: 1 },
    ]);
    const at = (): object => ({ master, ...(hasCheckpoint && { checkpointDir: temporaryDirectory(t) }) });
    const job = await kafkaJobs.start("savesRecords", topic, at());
    await job.next();
    await job.next();
    await job.stop();
    const passed = (await recordsOf(`${topic}-passed`)).map(({ key, value, timestamp, headers }) => {
      return [key, value, timestamp, headers.map(([name, bytes]) => [name, bytes && [...bytes]])];
    });
    assert.deepEqual(passed.sort(), [
      [null, "v", 6_000, []],
      [
        "k",
        null,
        5_000,
        [
          ["h", [0, 255]],
          ["h", null],
        ],
      ],
    ]);
    for (const out of ["passed", "maps"]) {
      const batches = await topicBatches(kafka.brokers, `${topic}-${out}`);
      assert.deepEqual([...new Set(batches.map(({ codec }) => codec))], [1], "gzip, as producer.compression says");
    }
    const maps = (await recordsOf(`${topic}-maps`)).map(({ value }) => value).sort();
    assert.deepEqual(maps, ['[["v","v"]]', '[["v",null]]']);
    const wrong = await kafkaJobs.start("savesWrong", topic, at());
    await assert.rejects(wrong.next(), {
      code: "INVALID_OPTION",
      message: /saveToKafka \(.*kafka-jobs\.ts:\d+:\d+\): the record's timestamp must be .*, not 1\.5/,
    });
    await client.createTopic(`${topic}-mixed`, 2);
    await client.createTopic(`${topic}-mixed-out`, 1);
    await send([0, 1].map((partition) => ({ topic: `${topic}-mixed`, value: "v", partition })));
    const mixed = await kafkaJobs.start("savesMixed", `${topic}-mixed`, at());
    await assert.rejects(mixed.next(), {
      code: "INVALID_OPTION",
      message: /saveToKafka \(.*kafka-jobs\.ts:\d+:\d+\): the rows of a batch are in part pairs/,
    });
    assert.deepEqual(await recordsOf(`${topic}-out`), []);
    if (hasCheckpoint) assert.deepEqual(await recordsOf(`${topic}-mixed-out`), []);
  });
}

test("a function that throws ends the job by operator, record, and the program's own file and line", async () => {
  await client.createTopic("throwing", 2);
  await sendValues("throwing", 2, ["a", "b", "c", "bad"]);
  const job = await kafkaJobs.start("throws", "throwing", { master });
  await assert.rejects(job.next(), (error: DStreamError) => {
    assert.equal(error.code, "USER_FUNCTION_FAILED");
    const line = "test/spark/jobs/kafka-jobs\\.ts:\\d+:\\d+";
    assert.match(
      error.message,
      new RegExp(`the function of map \\(${line}\\) threw TypeError at ${line}, for .*throwing-1 offset 1`),
    );
    const cause = error.cause as Error;
    assert.deepEqual([cause.name, cause.message], ["TypeError", "no bad values, please"]);
    assert.match(cause.stack ?? "", /\n {4}at .*test\/spark\/jobs\/kafka-jobs\.ts:\d+:\d+/);
    return true;
  });
});

test("a topic that is deleted while the job runs ends it, by name", async () => {
  await client.createTopic("doomed", 1);
  await sendValues("doomed", 1, ["a"]);
  const job = await kafkaJobs.start("values", "doomed", { master });
  assert.deepEqual(await job.next(), ["a"]);
  await client.deleteTopic("doomed");
  // The broker goes on answering for a deleted topic for a while.
  const untilItEnds = async (): Promise<never> => {
    for (;;) assert.deepEqual(await job.next(), []);
  };
  await assert.rejects(untilItEnds(), { code: "TOPIC_NOT_FOUND", message: /doomed/ });
});

test("a result that is too large ends the job, which names the option", async () => {
  await client.createTopic("large", 2);
  await sendValues("large", 2, ["a", "b", "c", "d"]);
  const small = await kafkaJobs.start("large", "large", { master, maxResultBytes: 6_000 });
  await assert.rejects(small.next(), { code: "RESULT_TOO_LARGE", message: /maxResultBytes/ });
  const enough = await kafkaJobs.start("large", "large", { master, maxResultBytes: 100_000 });
  assert.equal((await enough.next()).length, 4);
  await enough.stop();
});
