import { invalidOption } from "../../errors/checks/check-options.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { Machine } from "../../runtime/machine/machine.ts";
import { Backlog } from "./backlog.ts";
import { checkRecord, checkTopicName } from "./check-record.ts";
import { fitsBatch, recordTooLarge } from "./fits-batch.ts";
import { PartitionQueue } from "./partition-queue.ts";
import { partitionOfKey, StickyPartition } from "./partitioner.ts";
import type { RecordPosition, Waiter } from "./producer-batch.ts";
import type { ProducerNetwork } from "./producer-network.ts";
import type { OptionNames, ProducerSettings } from "./producer-options.ts";
import { Sender } from "./sender.ts";

/** A record to be written. Text is written as UTF-8. */
export interface ProducerRecord {
  readonly topic: string;
  /** Default: by the key, as Kafka's other clients choose it; without a key the partitions take turns, a batch each. */
  readonly partition?: number;
  readonly key?: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
  /** Names and values in order; names may repeat. A consumed record's may be passed on as they are. */
  readonly headers?: readonly (readonly [string, string | Uint8Array | null])[];
  /** Epoch milliseconds, a whole number. Default: now. */
  readonly timestamp?: number;
}

/** Where one record is told of. Without a waiter it is lost with the next flush; `refused` hears of it where it was wrong itself. */
interface RecordFate {
  readonly waiter?: Waiter;
  readonly refused?: (error: Error) => void;
}

interface Topic {
  readonly name: string;
  /** By partition; empty until the number of partitions is known. */
  readonly queues: PartitionQueue[];
  sticky: StickyPartition | undefined;
  /** Records that came before their partition was known, in their order. */
  readonly early: { readonly record: ProducerRecord; readonly fate: RecordFate }[];
  /** Resolves when `early` is dealt with; never rejects. */
  settled: Promise<void>;
  isSettling: boolean;
}

/** What a producer has of the world, besides its network. */
export type ProducerMachine = Pick<Machine, "clock" | "timers" | "random">;

/** What differs between those who make a producer. */
export interface ProducerTraits {
  /** While records are sent, new partitions of their topics are looked for when so much time has passed. Default 5 s. */
  readonly partitionsMaxAgeMs?: number;
  /** What options are called where the program gives them. */
  readonly optionNames?: OptionNames;
}

const plainNames: OptionNames = { batchBytesMax: "batchBytesMax", deliveryTimeoutMs: "deliveryTimeoutMs" };

/** A producer over any network: what KafkaProducer does, but for the connections. */
export class RecordProducer {
  readonly #settings: ProducerSettings;
  readonly #network: ProducerNetwork;
  readonly #machine: ProducerMachine;
  readonly #backlog: Backlog;
  readonly #sender: Sender;
  readonly #topics = new Map<string, Topic>();
  readonly #partitionsMaxAgeMs: number;
  readonly #optionNames: OptionNames;
  #isClosed = false;
  #looking: Promise<void> | undefined;
  #lookedAt: number;

  /** @internal */
  constructor(
    settings: ProducerSettings,
    network: ProducerNetwork,
    machine: ProducerMachine,
    traits: ProducerTraits = {},
  ) {
    const { partitionsMaxAgeMs = 5_000, optionNames = plainNames } = traits;
    this.#settings = settings;
    this.#network = network;
    this.#machine = machine;
    this.#lookedAt = machine.timers.elapsed();
    this.#partitionsMaxAgeMs = partitionsMaxAgeMs;
    this.#optionNames = optionNames;
    this.#backlog = new Backlog(settings.bufferBytesMax);
    this.#sender = new Sender(network, settings, machine.timers, this.#backlog, optionNames);
  }

  /**
   * Sends a record; resolves when all in-sync replicas have it. Retried without duplicates and in order until
   * `deliveryTimeoutMs` is over. A topic that gets more partitions is written to in the new ones after 5 s at most.
   *
   * @throws INVALID_OPTION for a record that is none: nothing of it is sent, and others are not harmed; TOPIC_NOT_FOUND,
   * BATCH_TOO_LARGE for a record that fits no batch, BROKER_UNREACHABLE when the time is over,
   * AUTHENTICATION_FAILED, PRODUCER_FENCED, NOT_SUPPORTED for a record the broker refuses, ILLEGAL_STATE after `close`.
   */
  send(record: ProducerRecord): Promise<RecordPosition> {
    return new Promise((resolve, reject) => {
      void this.#accept(record, { waiter: { resolve, reject } });
    });
  }

  /**
   * Sends a record without a promise of its own, for many records: if it is lost, the next `flush` rejects. Returns a promise
   * where the caller should wait before it appends more, because `bufferBytesMax` is reached or the topic is not known yet.
   *
   * @throws BATCH_TOO_LARGE, INVALID_OPTION for a record that is none, ILLEGAL_STATE after `close`. A partition that does not exist is
   * INVALID_OPTION from `flush`.
   */
  append(record: ProducerRecord): Promise<void> | undefined {
    return this.#accept(record, nobody);
  }

  /**
   * As `append`, of a record that is known to be one, for one of several who share the producer: `refused` is called, in place of
   * `flush`, for a topic or partition that does not exist.
   *
   * @internal
   */
  appendFor(record: ProducerRecord, refused: (error: Error) => void): Promise<void> | undefined {
    return this.#accept(record, { refused }, true);
  }

  /**
   * Asks how many partitions the topics in use have by now; new ones are used from then on. Never rejects: that a broker is away
   * is found out by who sends.
   *
   * @internal
   */
  lookForPartitions(): Promise<void> {
    return this.#look().catch(() => {});
  }

  /** New partitions that somebody else has found. @internal */
  growTopics(counts: ReadonlyMap<string, number>): void {
    for (const topic of this.#topics.values()) {
      const count = counts.get(topic.name);
      if (count !== undefined && topic.queues.length > 0) this.#grow(topic, count);
    }
  }

  /** Names of the topics in use. @internal */
  get topicNames(): string[] {
    return [...this.#topics.values()].filter(({ queues }) => queues.length > 0).map(({ name }) => name);
  }

  /**
   * Resolves when every record given so far is acknowledged or lost.
   *
   * @throws why records given to `append` were lost, once.
   */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#topics.values(), (topic) => topic.settled));
    await this.#sender.flush();
    const lost = this.#backlog.takeLoss();
    if (lost !== undefined) throw lost;
  }

  /** Flushes and ends. Calling it again is allowed. @throws as `flush` does, when everything is closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    try {
      await this.flush();
    } finally {
      this.#sender.stop(closedError());
    }
  }

  /** Ends without waiting: what is not acknowledged yet is lost, or not known to have arrived. @internal */
  abandon(): void {
    this.#isClosed = true;
    this.#sender.stop(closedError());
  }

  #accept(record: ProducerRecord, fate: RecordFate, isChecked = false): Promise<void> | undefined {
    if (this.#isClosed) throw closedError();
    if (this.#sender.fatal !== undefined) throw this.#sender.fatal;
    if (!isChecked) checkRecord(record, "the record");
    const topic = this.#topics.get(record.topic) ?? this.#open(record.topic);
    if (!isPlaced(topic, record)) {
      if (fate.waiter === undefined) this.#checkSize(`topic "${topic.name}"`, record);
      topic.early.push({ record: kept(record), fate });
      if (!topic.isSettling) topic.settled = this.#settleEarly(topic);
      return topic.settled;
    }
    this.#enqueue(topic, record, fate.waiter);
    return this.#backlog.room();
  }

  #enqueue(topic: Topic, record: ProducerRecord, waiter: Waiter | undefined): void {
    const { key = null, value, timestamp = this.#machine.clock.now(), headers } = record;
    const queue = this.#choose(topic, record.partition, key);
    const outcome = queue.append(key, value, timestamp, headers, waiter);
    if (outcome === "joined") return;
    if (outcome === "too large") {
      const { batchBytesMax } = this.#settings;
      throw recordTooLarge(`${topic.name}-${queue.partition}`, record, batchBytesMax, this.#optionNames.batchBytesMax);
    }
    if (this.#machine.timers.elapsed() - this.#lookedAt > this.#partitionsMaxAgeMs) void this.lookForPartitions();
    if (outcome === "began") this.#sender.batchBegan();
    else this.#sender.pump();
  }

  #choose(topic: Topic, partition: number | undefined, key: string | Uint8Array | null): PartitionQueue {
    const { queues } = topic;
    const chosen = partition ?? (key === null ? (topic.sticky?.current ?? 0) : partitionOfKey(key, queues.length));
    const queue = queues[chosen];
    if (queue === undefined) {
      throw invalidOption(
        "the record's partition",
        chosen,
        `from 0 to ${queues.length - 1}, the partitions of topic "${topic.name}"`,
      );
    }
    return queue;
  }

  #checkSize(target: string, record: ProducerRecord): void {
    const { batchBytesMax } = this.#settings;
    if (fitsBatch(record, batchBytesMax)) return;
    throw recordTooLarge(target, record, batchBytesMax, this.#optionNames.batchBytesMax);
  }

  #open(name: string): Topic {
    checkTopicName(name, "the record's topic");
    const settled = Promise.resolve();
    const topic: Topic = { name, queues: [], sticky: undefined, early: [], settled, isSettling: false };
    this.#topics.set(name, topic);
    return topic;
  }

  /** Deals with the records whose partition is not known, until there is none left. */
  async #settleEarly(topic: Topic): Promise<void> {
    topic.isSettling = true;
    while (topic.early.length > 0) {
      const asked = topic.early.length;
      let failure: Error | undefined;
      try {
        if (topic.queues.length === 0) await this.#load(topic);
        else await this.#lookFromNow();
        // Meanwhile the producer may have come to its end; nothing would ever settle what is queued from now on.
        failure = this.#sender.fatal;
      } catch (thrown) {
        failure = thrown as Error;
        if (topic.queues.length === 0) this.#topics.delete(topic.name);
      }
      const early = topic.early.splice(0);
      const isLost = topic.queues.length === 0 || this.#sender.fatal !== undefined;
      for (const [i, { record, fate }] of early.entries()) {
        if (!isLost && isPlaced(topic, record)) this.#tryEnqueue(topic, record, fate);
        else if (i >= asked && !isLost) topic.early.push({ record, fate });
        else if (failure !== undefined) this.#refuse(fate, failure);
        else this.#tryEnqueue(topic, record, fate);
      }
    }
    topic.isSettling = false;
  }

  #tryEnqueue(topic: Topic, record: ProducerRecord, fate: RecordFate): void {
    try {
      this.#enqueue(topic, record, fate.waiter);
    } catch (thrown) {
      this.#refuse(fate, thrown as Error);
    }
  }

  async #load(topic: Topic): Promise<void> {
    const partitions = await this.#partitionCount(topic.name);
    topic.sticky = new StickyPartition(partitions, Math.floor(this.#machine.random.fraction() * partitions));
    this.#grow(topic, partitions);
  }

  /** Partitions are never taken away again: a broker may know less than another one. */
  #grow(topic: Topic, partitions: number): void {
    const { queues, sticky } = topic;
    const { batchBytesMax } = this.#settings;
    const { timers } = this.#machine;
    const closed = (partition: number): void => sticky?.batchClosed(partition);
    for (let partition = queues.length; partition < partitions; partition++) {
      const at = { topic: topic.name, partition };
      const queue = new PartitionQueue({ ...at, batchBytesMax, backlog: this.#backlog, timers, closed });
      queues.push(queue);
      this.#sender.add(queue);
    }
    sticky?.grow(queues.length);
  }

  #look(): Promise<void> {
    this.#looking ??= this.#askForPartitions().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** A look that is under way may have been answered before now. */
  async #lookFromNow(): Promise<void> {
    await this.#looking?.catch(() => {});
    await this.#look();
  }

  async #askForPartitions(): Promise<void> {
    this.#lookedAt = this.#machine.timers.elapsed();
    const { topicNames } = this;
    if (topicNames.length > 0) this.growTopics(await this.#network.partitionCounts(topicNames));
  }

  /** Tries until the time that a record may take is over. */
  async #partitionCount(topic: string): Promise<number> {
    const { deliveryTimeoutMs, retryBackoffMs } = this.#settings;
    const { timers } = this.#machine;
    const deadline = timers.elapsed() + deliveryTimeoutMs;
    for (;;) {
      try {
        return await this.#network.partitionCount(topic);
      } catch (thrown) {
        const error = thrown instanceof DStreamError ? thrown : undefined;
        if (error?.retryable !== true || timers.elapsed() + retryBackoffMs >= deadline) throw thrown;
      }
      await timers.delay(retryBackoffMs);
    }
  }

  #refuse({ waiter, refused }: RecordFate, error: Error): void {
    if (waiter !== undefined) waiter.reject(error);
    else if (refused !== undefined) refused(error);
    else this.#backlog.noteLoss(error);
  }
}

const nobody: RecordFate = {};

/** Whether it is known that a record's partition is there. */
function isPlaced({ queues }: Topic, { partition = 0 }: ProducerRecord): boolean {
  return partition < queues.length;
}

/** A record that waits; its memory belongs to the program, which may use it for the next. */
function kept(record: ProducerRecord): ProducerRecord {
  const own = <C extends string | Uint8Array | null | undefined>(content: C): C =>
    (typeof content === "object" && content !== null ? new Uint8Array(content) : content) as C;
  const headers = record.headers?.map(([name, content]) => [name, own(content)] as const);
  const { key, value } = record;
  return { ...record, key: own(key) ?? null, value: own(value), ...(headers !== undefined && { headers }) };
}

function closedError(): DStreamError {
  return new DStreamError("ILLEGAL_STATE", "the producer is closed");
}
