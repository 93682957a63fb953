import { DStreamError } from "../../errors/dstream-error.ts";
import { KafkaClient } from "../client/kafka-client.ts";
import { Backlog } from "./backlog.ts";
import { PartitionQueue, type RecordContent } from "./partition-queue.ts";
import { partitionOfKey, StickyPartition } from "./partitioner.ts";
import type { RecordPosition, Waiter } from "./producer-batch.ts";
import { type KafkaProducerOptions, type ProducerSettings, producerSettings } from "./producer-options.ts";
import { Sender } from "./sender.ts";

/** A record to send. */
export interface ProducerRecord {
  readonly topic: string;
  /** Default: by the key as Kafka's own clients choose, without a key the partition whose batch is being filled. */
  readonly partition?: number;
  readonly key?: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
  readonly headers?: readonly (readonly [string, string | Uint8Array])[];
  /** Epoch ms. Default: now. */
  readonly timestamp?: number;
}

interface Topic {
  readonly partitions: number;
  readonly sticky: StickyPartition;
  readonly queues: Map<number, PartitionQueue>;
}

/** Sends records to Kafka: idempotent, in order within a partition, acknowledged by all replicas in sync. */
export class KafkaProducer {
  readonly #settings: ProducerSettings;
  readonly #client: KafkaClient;
  readonly #backlog: Backlog;
  readonly #sender: Sender;
  readonly #topics = new Map<string, Topic>();
  readonly #locating = new Map<string, Promise<Topic>>();
  /** Records whose topic is still being looked up. */
  #unplaced = 0;
  #placed: PromiseWithResolvers<void> | undefined;
  #isClosed = false;

  /** @throws UNKNOWN_OPTION, INVALID_OPTION */
  constructor(options: KafkaProducerOptions) {
    this.#settings = producerSettings(options);
    this.#client = new KafkaClient(options);
    this.#backlog = new Backlog(this.#settings.bufferBytesMax);
    this.#sender = new Sender(this.#client, this.#settings, this.#backlog);
  }

  /**
   * Resolves when all in-sync replicas have the record.
   *
   * @throws TOPIC_NOT_FOUND, BATCH_TOO_LARGE, BROKER_UNREACHABLE after the delivery timeout, PRODUCER_FENCED, ILLEGAL_STATE after close().
   */
  async send(record: ProducerRecord): Promise<RecordPosition> {
    const waiter = Promise.withResolvers<RecordPosition>();
    await this.#add(record, waiter);
    return waiter.promise;
  }

  /** Takes a record without a promise for it: `flush` tells of failures. The promise returned, if any, asks the caller to wait. */
  append(record: ProducerRecord): Promise<void> | undefined {
    const added = this.#add(record, undefined);
    return added?.catch((error: Error) => this.#backlog.noteLoss(error)) ?? this.#backlog.room();
  }

  /** Resolves when everything sent or appended so far is acknowledged. @throws why appended records were lost. */
  async flush(): Promise<void> {
    while (this.#unplaced > 0) {
      this.#placed ??= Promise.withResolvers();
      await this.#placed.promise;
    }
    await this.#sender.flush();
    const lost = this.#backlog.takeLoss();
    if (lost !== undefined) throw lost;
  }

  /** Sends what is left and closes the connections. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.flush();
    } finally {
      this.#sender.stop(new DStreamError("ILLEGAL_STATE", "the producer was closed"));
      await this.#client.close();
    }
  }

  /** Undefined when the record is in its batch already: the usual case, without a promise. */
  #add(record: ProducerRecord, waiter: Waiter | undefined): Promise<void> | undefined {
    if (this.#isClosed) return Promise.reject(new DStreamError("ILLEGAL_STATE", "the producer was closed"));
    const topic = this.#topics.get(record.topic);
    if (topic === undefined) return this.#addLater(record, waiter);
    try {
      this.#place(topic, record, waiter);
      return undefined;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  async #addLater(record: ProducerRecord, waiter: Waiter | undefined): Promise<void> {
    this.#unplaced++;
    try {
      this.#place(await this.#locate(record.topic), record, waiter);
    } finally {
      this.#unplaced--;
      if (this.#unplaced === 0) {
        this.#placed?.resolve();
        this.#placed = undefined;
      }
    }
  }

  #locate(name: string): Promise<Topic> {
    let locating = this.#locating.get(name);
    if (locating === undefined) {
      locating = this.#client
        .partitionCount(name)
        .then((partitions) => {
          const topic = {
            partitions,
            sticky: new StickyPartition(partitions),
            queues: new Map<number, PartitionQueue>(),
          };
          this.#topics.set(name, topic);
          return topic;
        })
        .finally(() => this.#locating.delete(name));
      this.#locating.set(name, locating);
    }
    return locating;
  }

  #place(topic: Topic, record: ProducerRecord, waiter: Waiter | undefined): void {
    const { key = null, value } = record;
    const partition = record.partition ?? (key === null ? topic.sticky.current : partitionOfKey(key, topic.partitions));
    if (!Number.isInteger(partition) || partition < 0 || partition >= topic.partitions) {
      throw new DStreamError(
        "INVALID_OPTION",
        `partition ${partition} of "${record.topic}" does not exist, it has ${topic.partitions}`,
      );
    }
    const queue = this.#queue(topic, record.topic, partition);
    const content: RecordContent = { key, value, timestamp: record.timestamp ?? Date.now(), headers: record.headers };
    if (this.#sender.fatal !== undefined) throw this.#sender.fatal;
    const appended = queue.append(content, waiter);
    if (appended === "began") this.#sender.batchBegan();
    else if (appended === "filled") this.#sender.pump();
    else if (appended === "too large") {
      const limit = this.#settings.batchBytesMax;
      throw new DStreamError(
        "BATCH_TOO_LARGE",
        `a record for ${record.topic}-${partition} is larger than batchBytesMax (${limit} bytes)`,
        { data: { topic: record.topic, partition, limit, option: "batchBytesMax" } },
      );
    }
  }

  #queue(topic: Topic, name: string, partition: number): PartitionQueue {
    let queue = topic.queues.get(partition);
    if (queue === undefined) {
      queue = new PartitionQueue({
        topic: name,
        partition,
        batchBytesMax: this.#settings.batchBytesMax,
        backlog: this.#backlog,
        closed: (closed) => topic.sticky.batchClosed(closed),
      });
      topic.queues.set(partition, queue);
      this.#sender.add(queue);
    }
    return queue;
  }
}
