import { kafkaErrors } from "../kafka/protocol/kafka-error-codes.ts";
import type { GroupStore } from "./groups/group-store.ts";
import type { MetaLog } from "./meta-log.ts";
import type { TopicStore } from "./topic-store.ts";

interface PendingOffset {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly metadata: string;
}

interface Transaction {
  readonly transactionalId: string;
  readonly producerId: number;
  epoch: number;
  timeoutMs: number;
  /** "topic/partition" of what was written to. */
  readonly partitions: Map<string, { readonly topic: string; readonly partition: number }>;
  offsets: PendingOffset[];
  isOpen: boolean;
  lastEnd: boolean | undefined;
  timer: NodeJS.Timeout | undefined;
}

const firstProducerId = 1_000;
const maxEpoch = 32_766;

/** Producer ids, and the transactions of those with a transactional id: begun, fenced, ended by markers in each partition. */
export class TransactionCoordinator {
  readonly #topics: TopicStore;
  readonly #groups: GroupStore;
  readonly #meta: MetaLog;
  readonly #transactions = new Map<string, Transaction>();
  #nextProducerId = firstProducerId;

  constructor(topics: TopicStore, groups: GroupStore, meta: MetaLog) {
    this.#topics = topics;
    this.#groups = groups;
    this.#meta = meta;
  }

  all(): Iterable<{ readonly transactionalId: string; readonly producerId: number; readonly epoch: number }> {
    return this.#transactions.values();
  }

  /** An id from before a restart. */
  restore(transactionalId: string | null, producerId: number, epoch: number): void {
    this.#nextProducerId = Math.max(this.#nextProducerId, producerId + 1);
    if (transactionalId !== null)
      this.#transactions.set(transactionalId, newTransaction(transactionalId, producerId, epoch));
  }

  /** A new identity; with a transactional id the next epoch of it, after its open transaction was aborted. */
  initProducerId(
    transactionalId: string | null,
    timeoutMs: number,
  ): { readonly producerId: number; readonly epoch: number } {
    if (transactionalId === null) {
      const producerId = this.#nextProducerId++;
      this.#meta.append({ type: "producer", transactionalId, producerId, epoch: 0 });
      return { producerId, epoch: 0 };
    }
    let transaction = this.#transactions.get(transactionalId);
    if (transaction === undefined || transaction.epoch >= maxEpoch) {
      transaction = newTransaction(transactionalId, this.#nextProducerId++, -1);
      this.#transactions.set(transactionalId, transaction);
    }
    transaction.epoch++;
    if (transaction.isOpen) this.#finish(transaction, false);
    transaction.timeoutMs = timeoutMs;
    transaction.lastEnd = undefined;
    const { producerId, epoch } = transaction;
    this.#meta.append({ type: "producer", transactionalId, producerId, epoch });
    return { producerId, epoch };
  }

  addPartition(transactionalId: string, producerId: number, epoch: number, topic: string, partition: number): number {
    const transaction = this.#find(transactionalId, producerId, epoch);
    if (typeof transaction === "number") return transaction;
    if (this.#topics.partition(topic, partition) === undefined) return kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code;
    this.#begin(transaction);
    transaction.partitions.set(`${topic}/${partition}`, { topic, partition });
    return 0;
  }

  addOffsets(transactionalId: string, producerId: number, epoch: number): number {
    const transaction = this.#find(transactionalId, producerId, epoch);
    if (typeof transaction === "number") return transaction;
    this.#begin(transaction);
    return 0;
  }

  /** Offsets that the group gets when the transaction commits. */
  commitOffset(transactionalId: string, producerId: number, epoch: number, offset: PendingOffset): number {
    const transaction = this.#find(transactionalId, producerId, epoch);
    if (typeof transaction === "number") return transaction;
    if (!transaction.isOpen) return kafkaErrors.INVALID_TXN_STATE.code;
    transaction.offsets.push(offset);
    return 0;
  }

  end(transactionalId: string, producerId: number, epoch: number, isCommit: boolean): number {
    const transaction = this.#find(transactionalId, producerId, epoch);
    if (typeof transaction === "number") return transaction;
    if (!transaction.isOpen) {
      // Said again, because the answer was lost: fine, if it says the same.
      return transaction.lastEnd === isCommit ? 0 : kafkaErrors.INVALID_TXN_STATE.code;
    }
    this.#finish(transaction, isCommit);
    return 0;
  }

  /** After a restart: transactions that were open are aborted, except those whose end was decided. */
  recover(decided: ReadonlyMap<string, boolean>): void {
    const ids = new Map([...this.#transactions.values()].map((transaction) => [transaction.producerId, transaction]));
    for (const topic of this.#topics.all()) {
      for (const log of topic.partitions) {
        for (const producerId of log.openProducers) {
          const transaction = ids.get(producerId);
          const isCommit = transaction !== undefined && decided.get(transaction.transactionalId) === true;
          log.endTransaction(producerId, transaction?.epoch ?? 0, isCommit ? "commit" : "abort");
        }
      }
    }
  }

  stop(): void {
    for (const { timer } of this.#transactions.values()) clearTimeout(timer);
  }

  #find(transactionalId: string, producerId: number, epoch: number): Transaction | number {
    const transaction = this.#transactions.get(transactionalId);
    if (transaction === undefined || transaction.producerId !== producerId)
      return kafkaErrors.INVALID_PRODUCER_ID_MAPPING.code;
    return transaction.epoch === epoch ? transaction : kafkaErrors.PRODUCER_FENCED.code;
  }

  #begin(transaction: Transaction): void {
    if (transaction.isOpen) return;
    transaction.isOpen = true;
    transaction.timer = setTimeout(() => {
      // The producer is gone: fence it and let readers go on.
      transaction.epoch++;
      this.#finish(transaction, false);
    }, transaction.timeoutMs);
    transaction.timer.unref();
  }

  /** The decision is noted first, so that a restart between the markers ends the rest the same way. */
  #finish(transaction: Transaction, isCommit: boolean): void {
    clearTimeout(transaction.timer);
    const { transactionalId, producerId, epoch } = transaction;
    const offsets = isCommit ? transaction.offsets : [];
    this.#meta.append({ type: "ending", transactionalId, isCommit, offsets });
    for (const { group, ...offset } of offsets) this.#groups.restore(group, offset);
    for (const { topic, partition } of transaction.partitions.values()) {
      this.#topics.partition(topic, partition)?.endTransaction(producerId, epoch, isCommit ? "commit" : "abort");
    }
    transaction.partitions.clear();
    transaction.offsets = [];
    transaction.isOpen = false;
    transaction.lastEnd = isCommit;
  }
}

function newTransaction(transactionalId: string, producerId: number, epoch: number): Transaction {
  const partitions = new Map<string, { topic: string; partition: number }>();
  return {
    transactionalId,
    producerId,
    epoch,
    timeoutMs: 60_000,
    partitions,
    offsets: [],
    isOpen: false,
    lastEnd: undefined,
    timer: undefined,
  };
}
