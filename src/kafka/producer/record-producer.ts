import { setTimeout as delay } from "node:timers/promises";
import { invalidOption } from "../../errors/check-options.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { Backlog } from "./backlog.ts";
import { PartitionQueue } from "./partition-queue.ts";
import { partitionOfKey, StickyPartition } from "./partitioner.ts";
import type { RecordPosition, Waiter } from "./producer-batch.ts";
import type { ProducerNetwork } from "./producer-network.ts";
import type { ProducerSettings } from "./producer-options.ts";
import { Sender } from "./sender.ts";

/** A record to be written. Text is written as UTF-8. */
export interface ProducerRecord {
  readonly topic: string;
  /** Default: by the key, as Kafka's other clients choose it; without a key the partitions take turns, a batch each. */
  readonly partition?: number;
  readonly key?: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
  readonly headers?: readonly (readonly [string, string | Uint8Array])[];
  /** Epoch milliseconds. Default: now. */
  readonly timestamp?: number;
}

interface Topic {
  readonly name: string;
  /** By partition; empty until the number of partitions is known. */
  queues: readonly PartitionQueue[];
  sticky: StickyPartition | undefined;
  /** Records that came before the number of partitions was known, in their order. */
  readonly early: { readonly record: ProducerRecord; readonly waiter: Waiter | undefined }[];
  /** Resolves when `early` is dealt with; never rejects. */
  loaded: Promise<void>;
}

/** A producer over any network: what KafkaProducer does, but for the connections. */
export class RecordProducer {
  readonly #settings: ProducerSettings;
  readonly #network: ProducerNetwork;
  readonly #backlog: Backlog;
  readonly #sender: Sender;
  readonly #topics = new Map<string, Topic>();
  #isClosed = false;

  /** @internal */
  constructor(settings: ProducerSettings, network: ProducerNetwork) {
    this.#settings = settings;
    this.#network = network;
    this.#backlog = new Backlog(settings.bufferBytesMax);
    this.#sender = new Sender(network, settings, this.#backlog);
  }

  /**
   * Sends a record; resolves when all in-sync replicas have it. Retried without duplicates and in order until
   * `deliveryTimeoutMs` is over.
   *
   * @throws TOPIC_NOT_FOUND, BATCH_TOO_LARGE for a record that fits no batch, BROKER_UNREACHABLE when the time is over,
   * AUTHENTICATION_FAILED, PRODUCER_FENCED, NOT_SUPPORTED for a record the broker refuses, ILLEGAL_STATE after `close`.
   */
  send(record: ProducerRecord): Promise<RecordPosition> {
    return new Promise((resolve, reject) => {
      void this.#accept(record, { resolve, reject });
    });
  }

  /**
   * Sends a record without a promise of its own, for many records: if it is lost, the next `flush` rejects. Returns a promise
   * where the caller should wait before it appends more, because `bufferBytesMax` is reached or the topic is not known yet.
   *
   * @throws BATCH_TOO_LARGE, INVALID_OPTION for a partition that does not exist, ILLEGAL_STATE after `close`.
   */
  append(record: ProducerRecord): Promise<void> | undefined {
    return this.#accept(record, undefined);
  }

  /**
   * Resolves when every record given so far is acknowledged or lost.
   *
   * @throws why records given to `append` were lost, once.
   */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#topics.values(), (topic) => topic.loaded));
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

  #accept(record: ProducerRecord, waiter: Waiter | undefined): Promise<void> | undefined {
    if (this.#isClosed) throw closedError();
    if (this.#sender.fatal !== undefined) throw this.#sender.fatal;
    const topic = this.#topics.get(record.topic) ?? this.#open(record.topic);
    if (topic.queues.length === 0) {
      topic.early.push({ record, waiter });
      return topic.loaded;
    }
    this.#enqueue(topic, record, waiter);
    return this.#backlog.room();
  }

  #enqueue(topic: Topic, record: ProducerRecord, waiter: Waiter | undefined): void {
    const { key = null, value, timestamp = Date.now(), headers } = record;
    if (value === undefined) {
      throw new DStreamError("VALUE_NOT_ENCODABLE", `a record for "${topic.name}" has no value; give null for none`);
    }
    const queue = this.#choose(topic, record.partition, key);
    const outcome = queue.append(key, value, timestamp, headers, waiter);
    if (outcome === "joined") return;
    if (outcome === "began") this.#sender.batchBegan();
    else if (outcome === "filled") this.#sender.pump();
    else throw tooLarge(topic.name, queue.partition, record, this.#settings.batchBytesMax);
  }

  #choose(topic: Topic, partition: number | undefined, key: string | Uint8Array | null): PartitionQueue {
    const { queues } = topic;
    const chosen = partition ?? (key === null ? (topic.sticky?.current ?? 0) : partitionOfKey(key, queues.length));
    const queue = queues[chosen];
    if (queue === undefined) {
      throw invalidOption(
        "partition",
        chosen,
        `from 0 to ${queues.length - 1}, the partitions of topic "${topic.name}"`,
      );
    }
    return queue;
  }

  #open(name: string): Topic {
    const topic: Topic = { name, queues: [], sticky: undefined, early: [], loaded: Promise.resolve() };
    this.#topics.set(name, topic);
    topic.loaded = this.#load(topic).catch((thrown: unknown) => {
      this.#topics.delete(name);
      for (const { waiter } of topic.early.splice(0)) this.#lose(waiter, thrown as Error);
    });
    return topic;
  }

  async #load(topic: Topic): Promise<void> {
    const partitions = await this.#partitionCount(topic.name);
    // Meanwhile the producer may have come to its end; nothing would ever settle what is queued from now on.
    if (this.#sender.fatal !== undefined) throw this.#sender.fatal;
    const sticky = new StickyPartition(partitions);
    const { batchBytesMax } = this.#settings;
    const closed = (partition: number): void => sticky.batchClosed(partition);
    topic.sticky = sticky;
    topic.queues = Array.from({ length: partitions }, (_, partition) => {
      return new PartitionQueue({ topic: topic.name, partition, batchBytesMax, backlog: this.#backlog, closed });
    });
    for (const queue of topic.queues) this.#sender.add(queue);
    for (const { record, waiter } of topic.early.splice(0)) {
      try {
        this.#enqueue(topic, record, waiter);
      } catch (thrown) {
        this.#lose(waiter, thrown as Error);
      }
    }
  }

  /** Tries until the time that a record may take is over. */
  async #partitionCount(topic: string): Promise<number> {
    const { deliveryTimeoutMs, retryBackoffMs } = this.#settings;
    const deadline = performance.now() + deliveryTimeoutMs;
    for (;;) {
      try {
        return await this.#network.partitionCount(topic);
      } catch (thrown) {
        const error = thrown instanceof DStreamError ? thrown : undefined;
        if (error?.retryable !== true || performance.now() + retryBackoffMs >= deadline) throw thrown;
      }
      await delay(retryBackoffMs);
    }
  }

  #lose(waiter: Waiter | undefined, error: Error): void {
    if (waiter === undefined) this.#backlog.noteLoss(error);
    else waiter.reject(error);
  }
}

function tooLarge(topic: string, partition: number, { key, value }: ProducerRecord, limit: number): DStreamError {
  const seen = Buffer.byteLength(key ?? "") + Buffer.byteLength(value ?? "");
  return new DStreamError(
    "BATCH_TOO_LARGE",
    `a record for ${topic}-${partition} with ${seen} bytes of key and value does not fit batchBytesMax = ${limit}; raise it, and the topic's max.message.bytes with it`,
    { data: { topic, partition, seen, limit, option: "batchBytesMax" } },
  );
}

function closedError(): DStreamError {
  return new DStreamError("ILLEGAL_STATE", "the producer is closed");
}
