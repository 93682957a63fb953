import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { KafkaProducer } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";
import { readCheckpoint } from "../../../src/driver/checkpoint/open-checkpoint.ts";
import { KafkaClient } from "../../../src/kafka/client/kafka-client.ts";
import type { GroupOffset } from "../../../src/kafka/client/requests/groups.ts";
import { nodeFileSystem } from "../../../src/runtime/file-system.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { committedEntries } from "./committed-topic.ts";
import { compare, type Entry, exact, wrongTotals } from "./ledger.ts";
import { type RunningTotalsOptions, runningTotals, topicsOf } from "./running-totals.ts";

const keys = 7;
const numPartitions = 2;
const topics = topicsOf();

/** A broker with the job's input, and what the job must have made of it in the end. */
export class World {
  readonly broker: EmbeddedBroker;
  readonly checkpointDir: string;
  readonly #input: Entry[] = [];

  private constructor(broker: EmbeddedBroker, checkpointDir: string) {
    this.broker = broker;
    this.checkpointDir = checkpointDir;
  }

  static async make(t: TestContext, numRecords: number): Promise<World> {
    const broker = await EmbeddedBroker.start();
    t.after(() => broker.stop());
    for (const topic of Object.values(topics)) await broker.createTopic(topic, { partitions: numPartitions });
    const world = new World(broker, join(temporaryDirectory(t), "checkpoint"));
    await world.send(numRecords);
    return world;
  }

  get brokers(): string {
    return this.broker.bootstrapServers;
  }

  async send(numRecords: number): Promise<void> {
    const producer = new KafkaProducer({ brokers: [this.brokers] });
    for (let i = 0; i < numRecords; i++) {
      const entry = { key: `key ${i % keys}`, value: String(this.#input.length) };
      this.#input.push(entry);
      await producer.append({ topic: topics.input, ...entry });
    }
    await producer.close();
  }

  /** Runs some batches of the job in this process. @throws the error that ends it. */
  async run(
    numBatches: number,
    options: Partial<RunningTotalsOptions> = {},
    onStarted?: () => Promise<void>,
  ): Promise<void> {
    const clock = new ManualClock();
    const { brokers, checkpointDir } = this;
    const ssc = runningTotals({ brokers, checkpointDir, clock, ...options });
    const ended = ssc.awaitTermination();
    ended.catch(() => {});
    try {
      await ssc.start();
      await onStarted?.();
      await clock.advance(numBatches * 1_000);
    } finally {
      await ssc.stop();
    }
    await ended;
  }

  /** What the marker of the job's last transaction says. */
  async markers(): Promise<readonly GroupOffset[]> {
    const client = new KafkaClient({ brokers: [this.brokers] });
    try {
      return await client.committedOffsets(await this.transactionalId());
    } finally {
      await client.close();
    }
  }

  async transactionalId(): Promise<string> {
    const state = await readCheckpoint(this.checkpointDir, nodeFileSystem);
    return `running-totals-${state?.id}`;
  }

  /** Every record is in the output once and in the order of its key, and every total is right. */
  async checkOutput(): Promise<void> {
    assert.deepEqual(compare(this.#input, await committedEntries(this.brokers, topics.copies)), exact);
    assert.deepEqual(wrongTotals(this.#input, await committedEntries(this.brokers, topics.totals)), []);
  }
}
