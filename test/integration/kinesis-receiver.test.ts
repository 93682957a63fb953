import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Kinesis } from "@aws-sdk/client-kinesis";
import { StreamingContext } from "dstream";
import { KinesisReceiver, type KinesisReceiverOptions, type KinesisRecord } from "dstream/kinesis-receiver";
import { ManualClock } from "dstream/testing";
import { decodeRecords } from "../../src/driver/checkpoint/journal-text.ts";
import { type LocalKinesis, localKinesis } from "../support/kinesis/local-kinesis.ts";
import { packRecords } from "../support/kinesis/pack-records.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let kinesis: LocalKinesis;
before(async () => {
  kinesis = await localKinesis();
});
after(() => kinesis.stop());

const textOf = ({ data }: KinesisRecord): string => Buffer.from(data).toString();

let numStreams = 0;

/** A stream of the test's own. */
async function createStream(ShardCount: number): Promise<string> {
  const StreamName = `orders-${++numStreams}`;
  await kinesis.client.createStream({ StreamName, ShardCount });
  await untilActive(StreamName);
  return StreamName;
}

async function untilActive(StreamName: string): Promise<void> {
  for (;;) {
    const { StreamDescriptionSummary } = await kinesis.client.describeStreamSummary({ StreamName });
    if (StreamDescriptionSummary?.StreamStatus === "ACTIVE") return;
    await delay(10);
  }
}

async function put(StreamName: string, ...values: readonly string[]): Promise<void> {
  // One after the other, since their order is what tests look at. The key is the text before the number.
  for (const value of values) {
    const PartitionKey = value.replace(/\d+$/, "");
    await kinesis.client.putRecord({ StreamName, PartitionKey, Data: Buffer.from(value) });
  }
}

/** A job over the stream, whose batches come when `until` asks for them. */
class Job {
  readonly rows: KinesisRecord[] = [];
  readonly heard: string[] = [];
  readonly #clock = new ManualClock(100_000);
  readonly ssc: StreamingContext;

  constructor(t: TestContext, options: KinesisReceiverOptions, batchInterval = 1_000) {
    this.ssc = new StreamingContext({ appName: "kinesis", batchInterval, clock: this.#clock });
    t.after(() => this.ssc.stop());
    const receiver = new KinesisReceiver({ pollInterval: 200, endpoint: kinesis.endpoint, ...options });
    this.ssc.receiverStream(receiver).foreachRDD(async (rdd) => void this.rows.push(...(await rdd.collect())));
    const note = ({ receiverInfo }: { receiverInfo: { lastErrorMessage?: string } }): void => {
      if (receiverInfo.lastErrorMessage !== undefined) this.heard.push(receiverInfo.lastErrorMessage);
    };
    this.ssc.addStreamingListener({ onReceiverError: note, onReceiverStopped: note });
  }

  get texts(): string[] {
    return this.rows.map(textOf);
  }

  /** Runs batches until something is so. */
  async until(isSo: () => boolean): Promise<void> {
    const deadline = performance.now() + 20_000;
    while (!isSo()) {
      assert.ok(
        performance.now() < deadline,
        `still waiting; rows ${this.texts.join(" ")}; heard ${this.heard.join("; ")}`,
      );
      await delay(20);
      await this.#clock.advance(1_000);
    }
  }

  /** Starts, runs until there are so many rows, and stops. */
  async runFor(numRows: number): Promise<this> {
    await this.ssc.start();
    await this.until(() => this.rows.length >= numRows);
    await this.ssc.stop({ stopGracefully: true });
    return this;
  }
}

/** Waits until the only shard that is read was asked so often that all that is there must have come. */
async function untilRead(): Promise<void> {
  const before = kinesis.calls.length;
  while (kinesis.calls.slice(before).filter((call) => call === "GetRecords").length < 3) await delay(20);
}

function fileIn(t: TestContext): string {
  return join(temporaryDirectory(t), "kinesis/orders.json");
}

test("records of all shards come, each shard's in order; the next run goes on behind what was committed", async (t) => {
  const streamName = await createStream(3);
  const options = { streamName, positionsFile: fileIn(t), startingPosition: "TRIM_HORIZON" } as const;
  const first = Array.from({ length: 20 }, (_, i) => `${"abcd"[i % 4]}${i}`);
  await put(streamName, ...first);
  const { rows, heard } = await new Job(t, options).runFor(20);
  assert.deepEqual([rows.map(textOf).sort(), heard], [first.toSorted(), []]);
  for (const key of "abcd") {
    const own = rows.filter(({ partitionKey }) => partitionKey === key);
    assert.deepEqual(
      own.map(textOf),
      first.filter((value) => value.startsWith(key)),
    );
    assert.equal(new Set(own.map(({ shardId }) => shardId)).size, 1);
  }
  assert.ok(rows.every(({ sequenceNumber, arrivalTime }) => /^\d{50,}$/.test(sequenceNumber) && arrivalTime > 1.7e12));
  await put(streamName, "a20", "b21");
  const client = () => new Kinesis({ endpoint: kinesis.endpoint, region: "us-east-1" });
  const second = await new Job(t, { ...options, client }).runFor(2);
  assert.deepEqual(second.texts.sort(), ["a20", "b21"]);
});

test("what the producer library packed together is unpacked, without records that belong to another shard", async (t) => {
  const streamName = await createStream(2);
  const options = { streamName, positionsFile: fileIn(t), startingPosition: "TRIM_HORIZON" } as const;
  // MD5 of "a" begins with 0c, that of "b" with 92: they are the first shard's and the second's.
  const records = [
    { partitionKey: "a", data: "a1" },
    { partitionKey: "b", data: "b2" },
    { partitionKey: "b", data: "b3", explicitHashKey: "0" },
    { partitionKey: "a", data: "a4" },
  ];
  await kinesis.client.putRecord({ StreamName: streamName, PartitionKey: "a", Data: packRecords(records) });
  await put(streamName, "a5");
  const { rows, texts } = await new Job(t, options).runFor(4);
  assert.deepEqual(texts, ["a1", "b3", "a4", "a5"]);
  assert.deepEqual(
    rows.map(({ subSequenceNumber, partitionKey }) => [subSequenceNumber, partitionKey]),
    [
      [0, "a"],
      [2, "b"],
      [3, "a"],
      [undefined, "a"],
    ],
  );
  const foreign = [{ partitionKey: "b", data: "b6" }];
  await kinesis.client.putRecord({ StreamName: streamName, PartitionKey: "a", Data: packRecords(foreign) });
  await put(streamName, "a7");
  assert.deepEqual((await new Job(t, options).runFor(1)).texts, ["a7"]);
});

test("what no committed batch had is read again", async (t) => {
  const streamName = await createStream(1);
  const options = { streamName, positionsFile: fileIn(t), startingPosition: "TRIM_HORIZON" } as const;
  await put(streamName, "a1", "a2");
  await new Job(t, options).runFor(2);
  await put(streamName, "a3");
  const lost = new Job(t, options);
  await lost.ssc.start();
  await untilRead();
  await lost.ssc.stop();
  assert.deepEqual(lost.texts, []);
  assert.deepEqual((await new Job(t, options).runFor(1)).texts, ["a3"]);
});

test("splits and merges are followed, parents before children, also where a restart lies between", async (t) => {
  const { client } = kinesis;
  const streamName = await createStream(1);
  const options = { streamName, positionsFile: fileIn(t), startingPosition: "TRIM_HORIZON" } as const;
  const keys = ["a", "b", "c", "d", "e", "f"];
  const round = (n: number): string[] => keys.map((key) => `${key}${n}`);
  const shards = async (): Promise<string[]> =>
    ((await client.listShards({ StreamName: streamName })).Shards ?? []).map(({ ShardId }) => ShardId ?? "");
  await put(streamName, ...round(0));
  const job = new Job(t, options);
  await job.ssc.start();
  await job.until(() => job.rows.length === 6);
  const [ShardToSplit] = await shards();
  await client.splitShard({ StreamName: streamName, ShardToSplit, NewStartingHashKey: (2n ** 127n).toString() });
  await untilActive(streamName);
  await put(streamName, ...round(1));
  await job.until(() => job.rows.length === 12);
  await job.ssc.stop({ stopGracefully: true });
  const [, ShardToMerge, AdjacentShardToMerge] = await shards();
  await put(streamName, ...round(2));
  await client.mergeShards({ StreamName: streamName, ShardToMerge, AdjacentShardToMerge });
  await untilActive(streamName);
  await put(streamName, ...round(3));
  const next = new Job(t, options);
  // Both parents answer late; their child waits all the same.
  kinesis.fail("GetRecords", "ExpiredIteratorException", "ExpiredIteratorException");
  await next.runFor(12);
  const rows = [...job.rows, ...next.rows];
  for (const key of keys) {
    const own = rows.filter(({ partitionKey }) => partitionKey === key).map(textOf);
    assert.deepEqual(
      own,
      [0, 1, 2, 3].map((n) => `${key}${n}`),
    );
  }
  assert.equal(new Set(rows.map(({ shardId }) => shardId)).size, 4);
  const [content] = decodeRecords(readFileSync(options.positionsFile), options.positionsFile);
  const noted = (content as { shards: Record<string, unknown> }).shards;
  const [split = "", left = "", right = "", merged = ""] = await shards();
  assert.deepEqual([noted[split], noted[left], noted[right]], ["ended", "ended", "ended"]);
  assert.deepEqual(Object.keys(noted[merged] as object), ["after"]);
});

test("LATEST leaves out what was there, and no gap when the job dies before its first commit; a time begins at it", async (t) => {
  const streamName = await createStream(2);
  await put(streamName, "a1", "b2");
  const options = { streamName, positionsFile: fileIn(t) };
  await delay(5);
  const dies = new Job(t, options);
  await dies.ssc.start();
  while (!existsSync(options.positionsFile)) await delay(10);
  await dies.ssc.stop();
  const since = Date.now();
  await put(streamName, "a3", "b4");
  assert.deepEqual((await new Job(t, options).runFor(2)).texts.sort(), ["a3", "b4"]);
  const fromTime = { streamName, positionsFile: fileIn(t), startingPosition: { timestamp: since } };
  assert.deepEqual((await new Job(t, fromTime).runFor(2)).texts.sort(), ["a3", "b4"]);
});

test("throttling, iterators that expired and a failure of the service lose nothing and bring nothing twice", async (t) => {
  const streamName = await createStream(1);
  const job = new Job(
    t,
    { streamName, positionsFile: fileIn(t), startingPosition: "TRIM_HORIZON" },
    // Longer than it takes until a receiver begins again.
    10_000,
  );
  await put(streamName, "a1", "a2");
  await job.ssc.start();
  await job.until(() => job.rows.length === 2);
  kinesis.fail("GetRecords", "ExpiredIteratorException");
  await put(streamName, "a3");
  await job.until(() => job.rows.length === 3);
  // AWS's client makes three attempts of its own before it tells.
  const throttled = "ProvisionedThroughputExceededException";
  kinesis.fail("GetRecords", throttled, throttled, throttled);
  await put(streamName, "a4");
  await job.until(() => job.rows.length === 4);
  // What was read and not committed when the receiver begins again is not read again.
  await put(streamName, "a5");
  await untilRead();
  kinesis.fail("GetRecords", "InternalFailure", "InternalFailure", "InternalFailure");
  while (job.heard.length < 2) await delay(20);
  await put(streamName, "a6");
  await job.until(() => job.rows.length === 6);
  await job.ssc.stop({ stopGracefully: true });
  assert.deepEqual(job.texts, ["a1", "a2", "a3", "a4", "a5", "a6"]);
  assert.match(job.heard[0] ?? "", /^Kinesis asks to read shardId-0+ more slowly; reading on in 1 s: /);
  assert.match(job.heard[1] ?? "", /^reading the stream orders-\d again in 5 s: /);
});

test("a stream that is not there stops the receiver, and listeners hear why", async (t) => {
  const job = new Job(t, { streamName: "nowhere", positionsFile: fileIn(t) });
  await job.ssc.start();
  await job.until(() => job.heard.length > 0);
  await job.ssc.stop();
  assert.match(job.heard[0] ?? "", /^the stream nowhere cannot be read: .*not found/);
});
