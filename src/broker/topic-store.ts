import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { kafkaErrors } from "../kafka/protocol/kafka-error-codes.ts";
import { type LogLimits, PartitionLog } from "./log/partition-log.ts";
import type { MetaLog } from "./meta-log.ts";

export interface Topic {
  readonly name: string;
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly config: Readonly<Record<string, string>>;
  readonly partitions: PartitionLog[];
}

const validName = /^[a-zA-Z0-9._-]{1,249}$/;
/** Kafka's default of max.message.bytes. */
const defaultMaxMessageBytes = 1_048_588;
const maxPartitions = 10_000;

/** All topics. In memory the oldest batches go when there are more than `maxBytes` in all. */
export class TopicStore {
  readonly #topics = new Map<string, Topic>();
  readonly #dir: string | undefined;
  readonly #maxBytes: number;
  readonly #meta: MetaLog;
  readonly defaultPartitions: number;

  constructor(dir: string | undefined, maxBytes: number, defaultPartitions: number, meta: MetaLog) {
    this.#dir = dir;
    this.#maxBytes = maxBytes;
    this.#meta = meta;
    this.defaultPartitions = defaultPartitions;
  }

  all(): Topic[] {
    return [...this.#topics.values()];
  }

  get(name: string): Topic | undefined {
    return this.#topics.get(name);
  }

  partition(topic: string, partition: number): PartitionLog | undefined {
    return this.#topics.get(topic)?.partitions[partition];
  }

  /** Kafka's error code, 0 for success. */
  create(name: string, partitions: number, config: Readonly<Record<string, string>>): number {
    if (!validName.test(name) || name === "." || name === "..") return kafkaErrors.INVALID_TOPIC_EXCEPTION.code;
    if (this.#topics.has(name)) return kafkaErrors.TOPIC_ALREADY_EXISTS.code;
    if (partitions < 1 || partitions > maxPartitions) return kafkaErrors.INVALID_PARTITIONS.code;
    const id = randomUUID().replaceAll("-", "");
    this.#meta.append({ type: "topic", name, id, partitions, config });
    this.restore(name, id, partitions, config);
    return 0;
  }

  /** A topic that exists, from its files if any. */
  restore(name: string, id: string, partitions: number, config: Readonly<Record<string, string>>): void {
    const logs = Array.from({ length: partitions }, (_, partition) => new PartitionLog(this.#path(id, partition)));
    this.#topics.set(name, { name, id, config, partitions: logs });
  }

  addPartitions(name: string, count: number): number {
    const topic = this.#topics.get(name);
    if (topic === undefined) return kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code;
    if (count <= topic.partitions.length || count > maxPartitions) return kafkaErrors.INVALID_PARTITIONS.code;
    this.#meta.append({ type: "topic", name, id: topic.id, partitions: count, config: topic.config });
    for (let partition = topic.partitions.length; partition < count; partition++) {
      topic.partitions.push(new PartitionLog(this.#path(topic.id, partition)));
    }
    return 0;
  }

  delete(name: string): number {
    const topic = this.#topics.get(name);
    if (topic === undefined) return kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code;
    this.#meta.append({ type: "topic-deleted", name });
    this.#topics.delete(name);
    for (const partition of topic.partitions) partition.close();
    if (this.#dir !== undefined) rmSync(join(this.#dir, topic.id), { recursive: true, force: true });
    return 0;
  }

  /** Deletes the records below `offset` for good. Kafka's error code, 0 for success. */
  deleteRecords(topic: string, partition: number, offset: number): number {
    const found = this.#topics.get(topic);
    const log = found?.partitions[partition];
    if (found === undefined || log === undefined) return kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code;
    if (offset < 0 || offset > log.endOffset) return kafkaErrors.OFFSET_OUT_OF_RANGE.code;
    if (offset > log.startOffset) {
      this.#meta.append({ type: "log-start", topicId: found.id, partition, offset });
      log.deleteBelow(offset);
    }
    return 0;
  }

  limits(topic: Topic): LogLimits {
    return {
      maxMessageBytes: Number(topic.config["max.message.bytes"] ?? defaultMaxMessageBytes),
      usesAppendTime: topic.config["message.timestamp.type"] === "LogAppendTime",
    };
  }

  /** Keeps the log in memory within its bound. */
  enforceBound(): void {
    if (this.#dir !== undefined) return;
    const logs = this.all().flatMap((topic) => topic.partitions);
    let total = logs.reduce((sum, log) => sum + log.bytes, 0);
    while (total > this.#maxBytes) {
      const largest = logs.reduce((a, b) => (b.bytes > a.bytes ? b : a));
      const before = largest.bytes;
      if (!largest.dropOldest()) return;
      total -= before - largest.bytes;
    }
  }

  close(): void {
    for (const topic of this.all()) for (const partition of topic.partitions) partition.close();
  }

  #path(id: string, partition: number): string | undefined {
    return this.#dir === undefined ? undefined : join(this.#dir, id, `${partition}.log`);
  }
}
