import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { KafkaProducer, KafkaUtils, type OffsetRange, StreamingContext, type StreamingContextOptions } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";
import { Lock } from "../../src/driver/checkpoint/lock.ts";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { createPartitions, deleteRecords } from "../support/kafka-job.ts";
import { RecordedLog } from "../support/recorded-log.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// A word count over the embedded broker that is stopped, or fails, and is started again from its checkpoint.

interface Seen {
  readonly time: number;
  readonly ranges: readonly OffsetRange[];
  readonly totals: Record<string, number>;
}

class World {
  readonly directory: string;
  readonly broker: EmbeddedBroker;
  readonly #producer: KafkaProducer;
  readonly clock = new ManualClock();

  private constructor(directory: string, broker: EmbeddedBroker) {
    this.directory = directory;
    this.broker = broker;
    this.#producer = new KafkaProducer({ brokers: [broker.bootstrapServers] });
  }

  static async make(t: TestContext): Promise<World> {
    const broker = await EmbeddedBroker.start();
    await broker.createTopic("words");
    const world = new World(join(temporaryDirectory(t), "checkpoint"), broker);
    t.after(async () => {
      await world.#producer.close();
      await broker.stop();
    });
    return world;
  }

  async send(...words: string[]): Promise<void> {
    await Promise.all(words.map((value) => this.#producer.send({ topic: "words", value })));
  }

  /** By a producer of its own, which knows of new partitions. */
  async sendTo(partition: number, ...words: string[]): Promise<void> {
    const producer = new KafkaProducer({ brokers: [this.broker.bootstrapServers] });
    await Promise.all(words.map((value) => producer.send({ topic: "words", partition, value })));
    await producer.close();
  }

  async makeTopicAnew(): Promise<void> {
    const client = new KafkaClient({ brokers: [this.broker.bootstrapServers] }, thisMachine);
    await client.deleteTopic("words");
    await client.close();
    await this.broker.createTopic("words");
  }

  /** Runs the count for some batches; returns what each had. `fails`: the times of batches whose output throws. */
  async run(
    numBatches: number,
    {
      fails = [],
      name,
      clock = this.clock,
      partitions = 2,
      onOffsetOutOfRange = "fail",
      after,
      ...options
    }: Partial<StreamingContextOptions> & {
      fails?: readonly number[];
      name?: string;
      clock?: ManualClock;
      partitions?: number;
      onOffsetOutOfRange?: "fail" | "earliest" | "latest";
      /** Called within each batch. */
      after?: (time: number) => Promise<void>;
    } = {},
  ): Promise<Seen[]> {
    const seen: Seen[] = [];
    const ssc = new StreamingContext({
      appName: "count",
      batchInterval: 1_000,
      clock,
      checkpointDir: this.directory,
      ...options,
    });
    const brokers = [this.broker.bootstrapServers];
    const topics = { topics: ["words"], autoOffsetReset: "earliest", onOffsetOutOfRange } as const;
    const words = KafkaUtils.createDirectStream(ssc, { brokers, ...topics });
    words.foreachRDD((rdd, time) => {
      seen.push({ time, ranges: rdd.offsetRanges, totals: {} });
    });
    const counts = words
      .map(({ value }) => [value, 1] as const)
      .updateStateByKey((ones, total = 0) => total + ones.length, { partitioner: partitions });
    if (name !== undefined) counts.name(name);
    counts.foreachRDD(async (rdd, time) => {
      await after?.(time);
      Object.assign(seen.at(-1)?.totals ?? {}, Object.fromEntries(await rdd.collect()));
      if (fails.includes(time)) throw new Error("the output is down");
    });
    const ended = ssc.awaitTermination();
    ended.catch(() => {});
    await ssc.start();
    await clock.advance(numBatches * 1_000);
    await ssc.stop();
    if (fails.length === 0) await ended;
    return seen;
  }
}

const range = (fromOffset: number, untilOffset: number): OffsetRange => {
  return { topic: "words", partition: 0, fromOffset, untilOffset };
};

test("a job that is started again goes on with its state and behind the records it has read", async (t) => {
  const world = await World.make(t);
  await world.send("a", "b", "a");
  assert.deepEqual(await world.run(1), [{ time: 1_000, ranges: [range(0, 3)], totals: { a: 2, b: 1 } }]);
  await world.send("a");
  assert.deepEqual(await world.run(2), [
    { time: 2_000, ranges: [range(3, 4)], totals: { a: 3, b: 1 } },
    { time: 3_000, ranges: [range(4, 4)], totals: { a: 3, b: 1 } },
  ]);
});

test("a batch that failed is run again with the same records, whatever came since, and its state counts once", async (t) => {
  const world = await World.make(t);
  await world.send("a", "a");
  const failed = await world.run(1, { fails: [1_000] });
  await world.send("b", "a");
  const again = await world.run(1);
  assert.deepEqual(failed, [{ time: 1_000, ranges: [range(0, 2)], totals: { a: 2 } }]);
  assert.deepEqual(again, [failed[0], { time: 2_000, ranges: [range(2, 4)], totals: { a: 3, b: 1 } }]);
});

test("what was missed while the job was down is one batch, or with replay a batch for each interval", async (t) => {
  const world = await World.make(t);
  await world.run(1);
  await world.clock.advance(3_000);
  assert.deepEqual(
    (await world.run(1)).map(({ time }) => time),
    [5_000],
  );
  await world.clock.advance(3_000);
  const replayed = await world.run(1, { recovery: "replay" });
  assert.deepEqual(
    replayed.map(({ time }) => time),
    [6_000, 7_000, 8_000, 9_000],
  );
});

test("batch times go on upwards when the clock was set back", async (t) => {
  const world = await World.make(t);
  await world.run(3);
  const times = (await world.run(2, { clock: new ManualClock(500) })).map(({ time }) => time);
  assert.deepEqual(times, [4_000, 5_000]);
});

test("partitions may change between runs: the state goes where its keys do", async (t) => {
  const world = await World.make(t);
  const words = Array.from({ length: 50 }, (_, i) => `word ${i}`);
  for (const [run, partitions] of [1, 2, 3, 1].entries()) {
    await world.send(...words);
    const [seen] = await world.run(1, { partitions });
    assert.deepEqual(seen?.totals, Object.fromEntries(words.map((word) => [word, run + 1])));
  }
});

test("partitions that a topic got while the job was down are read from their start", async (t) => {
  const world = await World.make(t);
  await world.send("a");
  await world.run(1);
  await createPartitions(world.broker.bootstrapServers, "words", 3);
  await world.sendTo(2, "b", "b");
  const [seen] = await world.run(1);
  assert.deepEqual(seen?.ranges, [range(1, 1), { ...range(0, 0), partition: 1 }, { ...range(0, 2), partition: 2 }]);
  assert.deepEqual(seen?.totals, { a: 1, b: 2 });
});

for (const [policy, ranges] of [
  ["fail", undefined],
  ["earliest", [range(3, 4)]],
  ["latest", [range(4, 4)]],
] as const) {
  test(`retention that overtook a job while it was down is met with "${policy}"`, async (t) => {
    const world = await World.make(t);
    await world.send("a");
    await world.run(1);
    await world.send("b", "c", "d");
    await deleteRecords(world.broker.bootstrapServers, "words", 3);
    const resumed = world.run(1, { onOffsetOutOfRange: policy });
    if (ranges !== undefined) return assert.deepEqual((await resumed)[0]?.ranges, ranges);
    await assert.rejects(resumed, {
      code: "OFFSET_OUT_OF_RANGE",
      message: /offset 1 of words-0 is not in the log, which has 3 to 4; choose onOffsetOutOfRange/,
    });
  });
}

for (const [policy, batches] of [
  ["fail", undefined],
  ["earliest", [{ c: 1 }, { c: 1, d: 1 }]],
  ["latest", [{}, { d: 1 }]],
] as const) {
  test(`records of an unfinished batch that retention took while the job was down are met with "${policy}"`, async (t) => {
    const world = await World.make(t);
    await world.send("a", "b", "c");
    await world.run(1, { fails: [1_000] });
    await deleteRecords(world.broker.bootstrapServers, "words", 2);
    await world.send("d");
    const resumed = world.run(1, { onOffsetOutOfRange: policy });
    if (batches === undefined) return assert.rejects(resumed, { code: "OFFSET_OUT_OF_RANGE" });
    assert.deepEqual(
      (await resumed).map(({ totals }) => totals),
      batches,
    );
  });
}

test("a topic that was made anew while the job was down is noticed, and met as onOffsetOutOfRange says", async (t) => {
  const world = await World.make(t);
  await world.send("a", "b");
  await world.run(1);
  await world.makeTopicAnew();
  await world.send("c", "c", "c");
  await assert.rejects(world.run(1), {
    code: "OFFSET_OUT_OF_RANGE",
    // With a checkpoint startingOffsets cannot help.
    message:
      /offset 2 of words-0 is of a topic that was deleted and made anew, which has 0 to 3; choose onOffsetOutOfRange "earliest" or "latest"$/,
  });
  const [seen] = await world.run(1, { onOffsetOutOfRange: "earliest" });
  assert.deepEqual(seen?.ranges, [range(0, 3)]);
  assert.deepEqual(seen?.totals, { a: 1, b: 1, c: 3 });
});

test("an unfinished batch of a topic that was made anew is empty, and the next one has what is there", async (t) => {
  const world = await World.make(t);
  await world.send("a", "b");
  await world.run(1, { fails: [1_000] });
  await world.makeTopicAnew();
  await world.send("c", "c", "c");
  const seen = await world.run(1, { onOffsetOutOfRange: "earliest" });
  assert.deepEqual(
    seen.map(({ ranges }) => ranges),
    [[range(0, 0)], [range(0, 3)]],
  );
});

test("a topic that is made anew while the job runs ends it when partitions are looked for", async (t) => {
  const world = await World.make(t);
  await world.send("a");
  const after = async (time: number): Promise<void> => {
    if (time !== 2_000) return;
    await world.makeTopicAnew();
    await world.send("b", "b");
  };
  await assert.rejects(world.run(8, { after }), { code: "OFFSET_OUT_OF_RANGE", message: /deleted and made anew/ });
});

test("state of an operator that the program does not have is refused with both lists, unless it is given up", async (t) => {
  const world = await World.make(t);
  await world.send("a");
  await world.run(1, { name: "totals" });
  await assert.rejects(world.run(1, { name: "sums" }), {
    code: "STATE_OPERATOR_MISSING",
    message: /has state of totals, .* Checkpoint: totals\. Program: sums\. .* dropState: \["totals"\]$/,
  });
  await world.send("a");
  assert.deepEqual((await world.run(1, { name: "totals" }))[0]?.totals, { a: 2 });
  await world.send("a");
  assert.deepEqual((await world.run(1, { name: "sums", dropState: ["totals"] }))[0]?.totals, { a: 1 });
  await world.send("a");
  assert.deepEqual((await world.run(1, { name: "sums" }))[0]?.totals, { a: 2 });
});

test("a checkpoint of another job, of other buckets, or any with fresh, is refused", async (t) => {
  const world = await World.make(t);
  await world.run(1, { fresh: true });
  await assert.rejects(world.run(1, { appName: "other" }), {
    code: "CHECKPOINT_OTHER_JOB",
    message: /"count", not to "other"/,
  });
  await assert.rejects(world.run(1, { stateBuckets: 32 }), {
    code: "INVALID_OPTION",
    message: /stateBuckets must be 64, not 32/,
  });
  await assert.rejects(world.run(1, { fresh: true }), {
    code: "INVALID_OPTION",
    message: /fresh must be used with an empty folder/,
  });
  await world.run(1, { stateBuckets: 64 });
});

test("a checkpoint that another driver holds is refused, and free again when that has ended", async (t) => {
  const world = await World.make(t);
  await world.run(1);
  const lock = await Lock.take(world.directory, thisMachine);
  await assert.rejects(world.run(1), { code: "CHECKPOINT_LOCKED" });
  await lock.release();
  await world.run(1);
  assert.equal(existsSync(join(world.directory, "lock")), false);
});

test("a job with a queueStream is not resumed: Spark's rule", async (t) => {
  const checkpointDir = temporaryDirectory(t);
  const run = async (): Promise<void> => {
    const clock = new ManualClock();
    const ssc = new StreamingContext({ appName: "queued", batchInterval: 1_000, clock, checkpointDir });
    ssc.queueStream([["a"]]).foreachRDD(() => {});
    await ssc.start();
    await clock.advance(1_000);
    await ssc.stop();
  };
  await run();
  await assert.rejects(run(), { code: "NOT_SUPPORTED", message: /queueStream doesn't support checkpointing/ });
});

test("getOrCreate begins, goes on, refuses a damaged checkpoint, and with createOnError begins anew beside it", async (t) => {
  const world = await World.make(t);
  const totals: unknown[] = [];
  const said = new RecordedLog();
  const count = async (options: { createOnError?: boolean } = {}): Promise<void> => {
    const ssc = await StreamingContext.getOrCreate(
      world.directory,
      () => {
        const { clock } = world;
        const context = new StreamingContext({ appName: "count", batchInterval: 1_000, clock, logger: said });
        const brokers = [world.broker.bootstrapServers];
        KafkaUtils.createDirectStream(context, { brokers, topics: ["words"], startingOffsets: "earliest" })
          .map(({ value }) => [value, 1] as const)
          .updateStateByKey((ones, total = 0) => total + ones.length)
          .foreachRDD(async (rdd) => void totals.push(Object.fromEntries(await rdd.collect())));
        return context;
      },
      options,
    );
    await ssc.start();
    await world.clock.advance(1_000);
    await ssc.stop();
  };
  await world.send("a");
  await count();
  await world.send("a");
  await count();
  assert.deepEqual(totals.splice(0), [{ a: 1 }, { a: 2 }]);
  const journal = join(world.directory, "journal.2");
  writeFileSync(journal, `x${readFileSync(journal, "utf8")}`);
  await assert.rejects(count(), { code: "CHECKPOINT_CORRUPT" });
  await count({ createOnError: true });
  assert.deepEqual(totals, [{ a: 2 }]);
  const [aside] = readdirSync(world.directory).filter((name) => name.startsWith("damaged-"));
  assert.deepEqual(readdirSync(join(world.directory, aside ?? "")).sort(), ["journal.2", "state"]);
  const [told] = said.of("CHECKPOINT_SET_ASIDE");
  assert.deepEqual([told?.level, told?.errorCode], ["warn", "CHECKPOINT_CORRUPT"]);
  assert.match(told?.message ?? "", new RegExp(`it was moved to .*/${aside}, and the job begins anew$`));
});

test("checkpoint(folder) is the option checkpointDir, until the context is started", async (t) => {
  const directory = temporaryDirectory(t);
  const ssc = new StreamingContext({ appName: "queued", batchInterval: 1_000, clock: new ManualClock() });
  ssc.queueStream([]).foreachRDD(() => {});
  ssc.checkpoint(directory);
  await ssc.start();
  assert.throws(() => ssc.checkpoint(null), { code: "ILLEGAL_STATE" });
  assert.deepEqual(readdirSync(directory).sort(), ["journal.1", "lock", "state"]);
  await ssc.stop();
});
