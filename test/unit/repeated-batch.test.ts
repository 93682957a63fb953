import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { KafkaProducer } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";
import type { CheckpointRecord } from "../../src/driver/checkpoint/checkpoint-state.ts";
import { decodeRecords, encodeRecords } from "../../src/driver/checkpoint/journal-text.ts";
import type { CrashPoint } from "../../src/runtime/crash-points.ts";
import { runtimeKey } from "../../src/runtime/job-runtime.ts";
import { createPartitions } from "../support/kafka-job.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { writesByPartition } from "./jobs/writes-by-partition.ts";

// A batch that is run again has the partitions that it had, so that an output by time and partition replaces what it wrote.

interface Written {
  readonly name: string;
  readonly batchTime: number;
  readonly partition: number;
  readonly rows: readonly unknown[];
}

class World {
  readonly brokers: string;
  readonly #directory: string;
  #lives = 0;

  constructor(brokers: string, directory: string) {
    this.brokers = brokers;
    this.#directory = directory;
  }

  static async make(t: TestContext): Promise<World> {
    const broker = await EmbeddedBroker.start();
    t.after(() => broker.stop());
    await broker.createTopic("in", { partitions: 2 });
    const world = new World(broker.bootstrapServers, temporaryDirectory(t));
    await world.send(100);
    return world;
  }

  get checkpointDir(): string {
    return join(this.#directory, "checkpoint");
  }

  async send(count: number): Promise<void> {
    const producer = new KafkaProducer({ brokers: [this.brokers] });
    const words = Array.from({ length: count }, (_, i) => `word ${i % 17}`);
    await Promise.all(words.map((value, i) => producer.send({ topic: "in", partition: i % 2, value })));
    await producer.close();
  }

  /** Runs batches; in the last one the job crashes when its outputs have been written, or is stopped behind it. What was written. */
  async live(
    options: { master: string; defaultParallelism?: number },
    batches: number,
    ends: "crash" | "stop",
  ): Promise<Written[]> {
    const clock = new ManualClock(this.#lives * 10_000);
    const output = join(this.#directory, `life-${this.#lives++}`);
    const { brokers, checkpointDir } = this;
    const job = { brokers, output, checkpointDir, ...options };
    // A batch that is run again runs with the start.
    let crashes = ends === "crash" && batches === 1;
    const crashPoint = (point: CrashPoint): void => {
      if (crashes && point === "after-manifest") throw new Error("crash");
    };
    const ssc = writesByPartition({ ...job, clock, [runtimeKey]: { crashPoint } });
    ssc.runAsTest({ arguments: [JSON.stringify(job)], modules: [] });
    const ended = ssc.awaitTermination();
    ended.catch(() => {});
    await ssc.start();
    await clock.advance((batches - 1) * 1_000);
    crashes = ends === "crash";
    await clock.advance(1_000);
    await (ends === "crash" ? assert.rejects(ended) : ssc.stop());
    return readFileSync(output, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Written);
  }
}

/** What a batch wrote, by operator and partition; its window is the batch's, whatever its rows' order within a partition is. */
function batchOf(written: readonly Written[], time: number): Record<string, string[]> {
  const own = written.filter(({ batchTime }) => batchTime === time);
  const lines = own.map(({ name, partition, rows }) => {
    return [`${name} ${partition}`, rows.map((row) => JSON.stringify(row)).sort()] as const;
  });
  return Object.fromEntries(lines.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const partitionsOf = (batch: Record<string, string[]>, name: string): number =>
  Object.keys(batch).filter((key) => key.startsWith(`${name} `)).length;

test("a batch that is run again on more threads has its partitions and rows, and later batches have the new ones", async (t) => {
  const world = await World.make(t);
  const first = await world.live({ master: "local" }, 2, "crash");
  const second = await world.live({ master: "local[3]" }, 1, "stop");
  assert.deepEqual(batchOf(second, 2_000), batchOf(first, 2_000));
  assert.equal(partitionsOf(batchOf(second, 11_000), "reduced"), 3);
});

test("a batch that is run again with another default parallelism has its partitions, and later batches the new ones", async (t) => {
  const world = await World.make(t);
  const first = await world.live({ master: "local", defaultParallelism: 5 }, 2, "crash");
  const second = await world.live({ master: "local" }, 1, "stop");
  assert.deepEqual(batchOf(second, 2_000), batchOf(first, 2_000));
  assert.equal(partitionsOf(batchOf(second, 11_000), "reduced"), 2);
  const third = await world.live({ master: "local", defaultParallelism: 5 }, 1, "stop");
  assert.equal(partitionsOf(batchOf(third, 21_000), "reduced"), 5);
});

test("a batch that crashes twice, in other places, still has the partitions that it was planned with", async (t) => {
  const world = await World.make(t);
  const first = await world.live({ master: "local", defaultParallelism: 3 }, 1, "crash");
  const second = await world.live({ master: "local" }, 1, "crash");
  const third = await world.live({ master: "local", defaultParallelism: 4 }, 1, "stop");
  assert.deepEqual(batchOf(second, 1_000), batchOf(first, 1_000));
  assert.deepEqual(batchOf(third, 1_000), batchOf(first, 1_000));
});

test("partitions that a topic got since then are none of the batch's that is run again", async (t) => {
  const world = await World.make(t);
  const first = await world.live({ master: "local" }, 1, "crash");
  await createPartitions(world.brokers, "in", 5);
  const second = await world.live({ master: "local" }, 1, "stop");
  assert.deepEqual(batchOf(second, 1_000), batchOf(first, 1_000));
  assert.equal(partitionsOf(batchOf(second, 11_000), "reduced"), 5);
});

test("of a journal that does not know the partitions the batch is run again with those of now", async (t) => {
  const world = await World.make(t);
  await world.live({ master: "local" }, 1, "crash");
  const path = join(world.checkpointDir, "journal.1");
  const records = decodeRecords(readFileSync(path), path) as (CheckpointRecord & { partitions?: object })[];
  assert.equal(records.filter(({ partitions }) => partitions !== undefined).length, 1);
  writeFileSync(path, encodeRecords(records.map(({ partitions: _, ...record }) => record)));
  const second = await world.live({ master: "local", defaultParallelism: 4 }, 1, "stop");
  assert.equal(partitionsOf(batchOf(second, 1_000), "reduced"), 4);
});
