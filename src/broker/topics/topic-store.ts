import { join } from "node:path";
import { topicNameProblem } from "../../kafka/protocol/topic-name.ts";
import type { Machine } from "../../runtime/machine/machine.ts";
import { uuid } from "../../runtime/machine/random.ts";
import { MemoryUse } from "../log/memory-use.ts";
import { PartitionLog } from "../log/partition-log.ts";
import { ProducerCount } from "../log/producer-table.ts";
import { applySizeRetention, applyTimeRetention, enforceMemoryBound } from "../log/retention.ts";
import type { MetaLog, MetaRecord } from "../meta-log.ts";
import { done, type Outcome, refused } from "../outcome.ts";
import { configProblem, logConfig, normalConfig, type TopicConfig } from "./topic-config.ts";

export interface Topic {
  readonly name: string;
  /** 32 hexadecimal digits. */
  readonly id: string;
  config: TopicConfig;
  readonly partitions: PartitionLog[];
}

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string | null>>;
}

const maxPartitions = 10_000;
/** Of all topics: each takes memory, also while it is empty. */
const maxAllPartitions = 50_000;

/** All topics and their logs, in a folder or in memory. */
export class TopicStore {
  readonly defaultPartitions: number;
  readonly #topics = new Map<string, Topic>();
  readonly #byId = new Map<string, Topic>();
  readonly #forms = new Map<string, string>();
  readonly #place: MemoryUse | string;
  readonly #producers = new ProducerCount();
  readonly #meta: MetaLog;
  readonly #machine: Machine;

  /** @param place a folder, or the memory that the logs may have. */
  constructor(place: MemoryUse | string, defaultPartitions: number, meta: MetaLog, machine: Machine) {
    this.#place = place;
    this.#machine = machine;
    this.defaultPartitions = defaultPartitions;
    this.#meta = meta;
  }

  all(): Iterable<Topic> {
    return this.#topics.values();
  }

  get(name: string): Topic | undefined {
    return this.#topics.get(name);
  }

  withId(id: string): Topic | undefined {
    return this.#byId.get(id);
  }

  partition(topic: string, partition: number): PartitionLog | undefined {
    return this.#topics.get(topic)?.partitions[partition];
  }

  /** Whether a topic may be created as asked. */
  check({ name, partitions, config }: NewTopic): Outcome {
    if (this.#topics.has(name)) return refused("TOPIC_ALREADY_EXISTS", `Topic '${name}' already exists.`);
    const nameProblem = topicNameProblem(name);
    if (nameProblem !== undefined) return refused("INVALID_TOPIC_EXCEPTION", nameProblem);
    const other = this.#forms.get(metricForm(name));
    if (other !== undefined)
      return refused("INVALID_TOPIC_EXCEPTION", `Topic '${name}' collides with existing topic: ${other}`);
    if (partitions < 1)
      return refused("INVALID_PARTITIONS", "Number of partitions was set to an invalid non-positive value.");
    const tooMany = this.#tooMany(partitions, partitions);
    if (tooMany !== undefined) return tooMany;
    const problem = configProblem(config);
    return problem === undefined ? done : refused("INVALID_CONFIG", problem);
  }

  create(topic: NewTopic): Outcome {
    const outcome = this.check(topic);
    if (outcome.errorCode !== 0) return outcome;
    const { name, partitions } = topic;
    const config = normalConfig(topic.config as TopicConfig);
    const record = { name, partitions, config, id: uuid(this.#machine.random).replaceAll("-", "") };
    this.#meta.append({ type: "topic", ...record });
    this.restore(record);
    return done;
  }

  /** A topic that exists, from its files if any. */
  restore({ name, id, partitions, config }: NewTopic & { readonly id: string; readonly config: TopicConfig }): void {
    const topic: Topic = { name, id, config, partitions: [] };
    this.#topics.set(name, topic);
    this.#byId.set(id, topic);
    this.#forms.set(metricForm(name), name);
    this.#grow(topic, partitions);
  }

  /** Whether a topic may get `count` partitions. */
  checkGrowth(topic: Topic, count: number): Outcome {
    const present = topic.partitions.length;
    if (count === present) return refused("INVALID_PARTITIONS", `Topic already has ${count} partition(s).`);
    if (count < present)
      return refused(
        "INVALID_PARTITIONS",
        `The topic ${topic.name} currently has ${present} partition(s); ${count} would not be an increase.`,
      );
    return this.#tooMany(count, count - present) ?? done;
  }

  addPartitions(topic: Topic, count: number): void {
    const { name, id, config } = topic;
    this.#meta.append({ type: "topic", name, id, partitions: count, config });
    this.#grow(topic, count);
  }

  configure(topic: Topic, config: TopicConfig): void {
    const { name, id, partitions } = topic;
    this.#meta.append({ type: "topic", name, id, partitions: partitions.length, config });
    topic.config = config;
    for (const log of partitions) log.config = logConfig(config);
  }

  delete({ name, id, partitions }: Topic): void {
    this.#meta.append({ type: "topic-deleted", name });
    this.#topics.delete(name);
    this.#byId.delete(id);
    this.#forms.delete(metricForm(name));
    for (const partition of partitions) partition.delete();
    if (typeof this.#place === "string") this.#machine.syncFiles.removeTree(join(this.#place, id));
  }

  /** Deletes the records of a partition below `offset` for good. */
  deleteRecords(topic: Topic, partition: number, offset: number): void {
    this.#meta.append({ type: "log-start", topicId: topic.id, partition, offset });
    topic.partitions[partition]?.deleteBelow(offset);
  }

  /** Every key of the partition was compacted below `offset`. */
  noteCleaned({ id, partitions }: Topic, partition: number, offset: number): void {
    this.#meta.append({ type: "cleaned", topicId: id, partition, offset });
    const log = partitions[partition];
    if (log !== undefined) log.cleanedBelow = offset;
  }

  /** Keeps logs within their bounds, after something was written to one. */
  enforceBounds(justWritten: PartitionLog): void {
    applySizeRetention(justWritten);
    if (!(this.#place instanceof MemoryUse) || !this.#place.isOver) return;
    enforceMemoryBound(this.#place, [...this.#logs()], justWritten);
  }

  /** Deletes what no topic's configuration keeps. */
  applyRetention(nowMs: number): void {
    for (const log of this.#logs()) {
      applyTimeRetention(log, nowMs);
      applySizeRetention(log);
    }
  }

  /** Lets go of producers that have long been silent. */
  forgetProducers(nowMs: number): void {
    for (const log of this.#logs()) log.producers.forget(log.startOffset, nowMs);
  }

  close(): void {
    for (const log of this.#logs()) log.close();
  }

  /** What brings all topics back. */
  records(): MetaRecord[] {
    return [...this.#topics.values()].flatMap(({ name, id, config, partitions }) => [
      { type: "topic", name, id, config, partitions: partitions.length } as const,
      ...partitions.flatMap(({ startOffset: offset, epochs, cleanedBelow }, partition) => [
        ...(offset > 0 ? [{ type: "log-start", topicId: id, partition, offset } as const] : []),
        ...(cleanedBelow > 0 ? [{ type: "cleaned", topicId: id, partition, offset: cleanedBelow } as const] : []),
        ...(epochs.current > 0 ? [{ type: "leader-epochs", topicId: id, partition, epochs: epochs.all } as const] : []),
      ]),
    ]);
  }

  #tooMany(count: number, more: number): Outcome | undefined {
    if (count > maxPartitions)
      return refused("INVALID_PARTITIONS", `${count} partitions are more than the ${maxPartitions} of a topic here`);
    let all = more;
    for (const { partitions } of this.#topics.values()) all += partitions.length;
    return all <= maxAllPartitions
      ? undefined
      : refused("INVALID_PARTITIONS", `${all} partitions in all are more than the ${maxAllPartitions} of this broker`);
  }

  *#logs(): Generator<PartitionLog> {
    for (const { partitions } of this.#topics.values()) yield* partitions;
  }

  #grow(topic: Topic, count: number): void {
    const config = logConfig(topic.config);
    for (let partition = topic.partitions.length; partition < count; partition++) {
      const place =
        this.#place instanceof MemoryUse ? this.#place : { dir: join(this.#place, topic.id, `${partition}`) };
      topic.partitions.push(new PartitionLog(place, config, this.#machine, this.#producers));
    }
  }
}

/** Names with the same form are the same in the names of metrics, so Kafka allows only one of them. */
function metricForm(name: string): string {
  return name.replaceAll(".", "_");
}
