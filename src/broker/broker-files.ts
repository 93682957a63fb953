// What a broker keeps, in a folder or in memory, and how it is found again: the notes tell topics, offsets and transactions; each
// partition has a folder of its own, named by its topic's id.
import { join } from "node:path";
import type { SyncFileSystem } from "../runtime/files/sync-file-system.ts";
import type { Machine } from "../runtime/machine/machine.ts";
import { GroupStore } from "./groups/group-store.ts";
import { MemoryUse } from "./log/memory-use.ts";
import { MetaLog, type MetaRecord } from "./meta-log.ts";
import { TopicStore } from "./topics/topic-store.ts";
import { TransactionCoordinator } from "./transactions/transaction-coordinator.ts";

export interface BrokerFiles {
  readonly topics: TopicStore;
  readonly groups: GroupStore;
  readonly transactions: TransactionCoordinator;
  /** Writes everything out. */
  close(): void;
}

type TopicRecord = Extract<MetaRecord, { type: "topic" }>;
type StartRecord = Extract<MetaRecord, { type: "log-start" }>;
type EpochsRecord = Extract<MetaRecord, { type: "leader-epochs" }>;

/** @param dir a folder that is locked. @param maxBytes of the logs in memory. @throws BROKER_FILES_CORRUPT */
export function openFiles(
  dir: string | undefined,
  maxBytes: number,
  defaultPartitions: number,
  machine: Machine,
): BrokerFiles {
  const meta = new MetaLog(dir, machine);
  const topics = new TopicStore(dir ?? new MemoryUse(maxBytes), defaultPartitions, meta, machine);
  const groups = new GroupStore(meta, machine);
  const transactions = new TransactionCoordinator(topics, groups, meta, machine);
  restore(meta.read(), topics, groups, transactions, machine.clock.now());
  if (dir !== undefined) removeOrphans(dir, topics, machine.syncFiles);
  meta.snapshot = () => [...topics.records(), ...groups.records(), ...transactions.records()];
  meta.rewrite();
  transactions.resume();
  const close = (): void => {
    transactions.stop();
    groups.stop();
    topics.close();
    meta.close();
  };
  return { topics, groups, transactions, close };
}

function restore(
  records: readonly MetaRecord[],
  topics: TopicStore,
  groups: GroupStore,
  transactions: TransactionCoordinator,
  nowMs: number,
): void {
  const found = new Map<string, TopicRecord>();
  const starts: StartRecord[] = [];
  const cleaned: Extract<MetaRecord, { type: "cleaned" }>[] = [];
  const epochs = new Map<string, EpochsRecord["epochs"]>();
  for (const record of records) {
    switch (record.type) {
      case "topic":
        found.set(record.name, record);
        break;
      case "topic-deleted":
        found.delete(record.name);
        groups.forgetTopic(record.name);
        break;
      case "log-start":
        starts.push(record);
        break;
      case "cleaned":
        cleaned.push(record);
        break;
      case "leader-epochs":
        epochs.set(`${record.topicId}/${record.partition}`, record.epochs);
        break;
      case "offset": {
        const { type, group, commitMs = nowMs, ...offset } = record;
        groups.restore(group, { ...offset, commitMs });
        break;
      }
      case "group-members":
        groups.restoreEmpty(record.group, record.emptySince);
        break;
      case "offset-deleted":
        groups.forgetOffset(record.group, record.topic, record.partition);
        break;
      case "group-deleted":
        groups.forget(record.group);
        break;
      case "producer-ids":
        transactions.producerIds.restore(record.below);
        break;
      case "transaction": {
        const { type, ...transaction } = record;
        transactions.restore(transaction);
        break;
      }
      case "transaction-offsets":
        transactions.restoreOffsets(record.transactionalId, record.offsets);
    }
  }
  for (const topic of found.values()) topics.restore(topic);
  for (const { topicId, partition, offset } of starts)
    topics.withId(topicId)?.partitions[partition]?.deleteBelow(offset);
  for (const { topicId, partition, offset } of cleaned) {
    const log = topics.withId(topicId)?.partitions[partition];
    if (log !== undefined) log.cleanedBelow = Math.min(offset, log.endOffset);
  }
  for (const { id, partitions } of topics.all())
    for (const [partition, log] of partitions.entries())
      log.beginEpoch(epochs.get(`${id}/${partition}`) ?? [{ epoch: 0, startOffset: 0 }]);
}

/** Folders of topics whose deletion a crash cut short. */
function removeOrphans(dir: string, topics: TopicStore, files: SyncFileSystem): void {
  const names = files.exists(dir) ? files.list(dir) : [];
  for (const name of names.sort())
    if (/^[0-9a-f]{32}$/.test(name) && topics.withId(name) === undefined) files.removeTree(join(dir, name));
}
