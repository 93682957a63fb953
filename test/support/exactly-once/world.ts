import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setInterval } from "node:timers/promises";
import { KafkaProducer } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";
import { readCheckpoint } from "../../../src/driver/checkpoint/open-checkpoint.ts";
import { KafkaClient } from "../../../src/kafka/client/kafka-client.ts";
import type { GroupOffset } from "../../../src/kafka/client/requests/groups.ts";
import type { Marker } from "../../../src/kafka/transactions/marker.ts";
import { TransactionCalls } from "../../../src/kafka/transactions/transaction-calls.ts";
import { nodeFileSystem } from "../../../src/runtime/files/file-system.ts";
import { thisMachine } from "../../../src/runtime/machine/machine.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { committedEntries } from "./committed-topic.ts";
import { compare, type Entry, exact, wrongTotals } from "./ledger.ts";
import { type RunningTotalsOptions, runningTotals, type Topics, topicsOf } from "./running-totals.ts";

const keys = 7;

interface WorldOptions {
  /** Worlds that share brokers have topics with other prefixes. Default: none. */
  readonly prefix?: string;
  /** Of each topic. Default: 2. */
  readonly numPartitions?: number;
}

/** Brokers with the job's input, and what the job must have made of it in the end. */
export class World {
  /** "host:port" of each, with commas. */
  readonly brokers: string;
  readonly checkpointDir: string;
  readonly #prefix: string;
  readonly #numPartitions: number;
  readonly #topics: Topics;
  readonly #input: Entry[] = [];

  private constructor(brokers: string, checkpointDir: string, { prefix, numPartitions }: Required<WorldOptions>) {
    this.brokers = brokers;
    this.checkpointDir = checkpointDir;
    this.#prefix = prefix;
    this.#numPartitions = numPartitions;
    this.#topics = topicsOf(prefix);
  }

  /** On an embedded broker of its own. */
  static async make(t: TestContext, numRecords: number, numPartitions?: number): Promise<World> {
    const broker = await EmbeddedBroker.start();
    t.after(() => broker.stop());
    return World.on(broker.bootstrapServers, t, numRecords, { ...(numPartitions && { numPartitions }) });
  }

  /** On brokers that are there. */
  static async on(
    brokers: string,
    t: TestContext,
    numRecords: number,
    { prefix = "", numPartitions = 2 }: WorldOptions = {},
  ): Promise<World> {
    const world = new World(brokers, join(temporaryDirectory(t), "checkpoint"), { prefix, numPartitions });
    const client = new KafkaClient({ brokers: brokers.split(",") }, thisMachine);
    for (const topic of Object.values(world.#topics)) await client.createTopic(topic, numPartitions);
    await client.close();
    await world.send(numRecords);
    return world;
  }

  async send(numRecords: number): Promise<void> {
    const producer = new KafkaProducer({ brokers: this.brokers.split(",") });
    for (let i = 0; i < numRecords; i++) await producer.append(this.#next());
    await producer.close();
  }

  /** Runs some batches of the job in this process. @throws the error that ends it. */
  async run(
    numBatches: number,
    options: Partial<RunningTotalsOptions> = {},
    onStarted?: () => Promise<void>,
  ): Promise<void> {
    const clock = new ManualClock();
    const ssc = runningTotals({ ...this.jobOptions, clock, ...options });
    const ended = ssc.awaitTermination();
    ended.catch(() => {});
    try {
      await ssc.start();
      await onStarted?.();
      await clock.advance(numBatches * (options.batchInterval ?? 1_000));
    } finally {
      await ssc.stop();
    }
    await ended;
  }

  /** Sends a record every few milliseconds, until the function is called that it returns. */
  feed(pauseMs: number): () => Promise<void> {
    const producer = new KafkaProducer({ brokers: this.brokers.split(",") });
    const stopped = new AbortController();
    const feeding = (async () => {
      for await (const _ of setInterval(pauseMs, undefined, { signal: stopped.signal })) {
        await producer.append(this.#next());
      }
    })().catch((error: unknown) => {
      if (!stopped.signal.aborted) throw error;
    });
    return async () => {
      stopped.abort();
      await feeding;
      await producer.close();
    };
  }

  #next(): { readonly topic: string } & Entry {
    const entry = { key: `key ${this.#input.length % keys}`, value: String(this.#input.length) };
    this.#input.push(entry);
    return { topic: this.#topics.input, ...entry };
  }

  /** The offsets that are the job's markers. */
  async markers(): Promise<readonly GroupOffset[]> {
    const client = new KafkaClient({ brokers: this.brokers.split(",") }, thisMachine);
    try {
      return await client.committedOffsets(await this.transactionalId());
    } finally {
      await client.close();
    }
  }

  /** What a start of the job would read. */
  async lastMarker(): Promise<Marker | undefined> {
    const places = Array.from({ length: this.#numPartitions }, (_, partition) => ({
      topic: this.#topics.copies,
      partition,
    }));
    const client = new KafkaClient({ brokers: this.brokers.split(",") }, thisMachine);
    try {
      return await new TransactionCalls(client, await this.transactionalId(), 60_000).marker(places);
    } finally {
      await client.close();
    }
  }

  async transactionalId(): Promise<string> {
    const state = await readCheckpoint(this.checkpointDir, nodeFileSystem);
    return `running-totals-${state?.id}`;
  }

  get jobOptions(): { readonly brokers: string; readonly checkpointDir: string; readonly prefix: string } {
    return { brokers: this.brokers, checkpointDir: this.checkpointDir, prefix: this.#prefix };
  }

  get numSent(): number {
    return this.#input.length;
  }

  /** How many records are in the output so far. Those must be there once, and in the order of their keys. */
  async checkOutputSoFar(): Promise<number> {
    const copies = await committedEntries(this.brokers, this.#topics.copies);
    assert.deepEqual({ ...compare(this.#input, copies), lost: 0 }, exact);
    return copies.length;
  }

  /** Every record is in the output once and in the order of its key, and every total is right. */
  async checkOutput(): Promise<void> {
    assert.deepEqual(compare(this.#input, await committedEntries(this.brokers, this.#topics.copies)), exact);
    assert.deepEqual(wrongTotals(this.#input, await committedEntries(this.brokers, this.#topics.totals)), []);
  }
}
