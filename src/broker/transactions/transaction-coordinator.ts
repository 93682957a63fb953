// Transactions as Kafka's coordinator has them: a transactional id has one producer, fenced by its epoch; what it begins is noted
// before it counts, and its end is decided in the notes first and then written as a marker into each partition.
import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";
import type { Machine } from "../../runtime/machine/machine.ts";
import type { GroupStore } from "../groups/group-store.ts";
import type { PartitionLog } from "../log/partition-log.ts";
import type { MetaLog, MetaRecord } from "../meta-log.ts";
import type { Topic } from "../topics/topic-store.ts";
import { ProducerIds } from "./producer-ids.ts";
import { type GroupOffset, Transaction, type TransactionPartition, type TransactionRecord } from "./transaction.ts";

export interface ProducerIdentity {
  readonly producerId: number;
  readonly epoch: number;
}

export interface InitResult extends ProducerIdentity {
  readonly errorCode: number;
}

/** Kafka's transaction.max.timeout.ms. */
const maxTimeoutMs = 15 * 60_000;
/** The last epoch that is given out: the one after it can still fence. */
const maxEpoch = 32_766;
const retryMs = 1_000;
/** Kafka's transactional.id.expiration.ms. */
const expiryMs = 7 * 24 * 60 * 60_000;

/** A transactional id takes some 500 bytes. */
const maxIds = 100_000;

/** Where markers go. What cannot be written yet throws: it is tried again. */
export interface MarkedTopics {
  all(): Iterable<Topic>;
  partition(topic: string, partition: number): Pick<PartitionLog, "endTransaction"> | undefined;
}

export class TransactionCoordinator {
  readonly producerIds: ProducerIds;
  readonly #topics: MarkedTopics;
  readonly #groups: GroupStore;
  readonly #meta: MetaLog;
  readonly #transactions = new Map<string, Transaction>();

  readonly #machine: Pick<Machine, "clock" | "timers">;

  constructor(topics: MarkedTopics, groups: GroupStore, meta: MetaLog, machine: Pick<Machine, "clock" | "timers">) {
    this.producerIds = new ProducerIds(meta);
    this.#machine = machine;
    this.#topics = topics;
    this.#groups = groups;
    this.#meta = meta;
  }

  all(): Iterable<Transaction> {
    return this.#transactions.values();
  }

  get(transactionalId: string): Transaction | undefined {
    return this.#transactions.get(transactionalId);
  }

  /**
   * The next epoch of a transactional id, after its open transaction was aborted.
   *
   * @param present what the producer has, when it asks for a new epoch after an error; another one's epoch is never raised so.
   */
  init(transactionalId: string, timeoutMs: number, present: ProducerIdentity | undefined): InitResult {
    if (transactionalId === "") return failed(kafkaErrors.INVALID_REQUEST.code);
    if (timeoutMs <= 0 || timeoutMs > maxTimeoutMs) return failed(kafkaErrors.INVALID_TRANSACTION_TIMEOUT.code);
    if (!this.#hasRoomFor(transactionalId)) return failed(kafkaErrors.CONCURRENT_TRANSACTIONS.code);
    const transaction =
      this.#transactions.get(transactionalId) ?? new Transaction(transactionalId, this.producerIds.next());
    if (present !== undefined && !isOwner(transaction, present)) return failed(kafkaErrors.PRODUCER_FENCED.code);
    if (isPrepared(transaction)) return failed(kafkaErrors.CONCURRENT_TRANSACTIONS.code);
    if (transaction.state === "Ongoing") {
      this.#abort(transaction);
      // Who goes on after an error has ended its transaction before: this one was begun by somebody else.
      if (present !== undefined || isPrepared(transaction)) return failed(kafkaErrors.CONCURRENT_TRANSACTIONS.code);
    }
    // Asked again, because the answer was lost.
    const isRepeated = transaction.lastEpoch >= 0 && present?.epoch === transaction.lastEpoch;
    const identity = isRepeated ? {} : this.#nextIdentity(transaction, present);
    this.#change(transaction, { ...identity, state: "Empty", timeoutMs, startMs: -1 });
    this.#transactions.set(transactionalId, transaction);
    return { errorCode: 0, producerId: transaction.producerId, epoch: transaction.epoch };
  }

  addPartitions(
    transactionalId: string,
    producer: ProducerIdentity,
    partitions: readonly TransactionPartition[],
  ): number {
    const transaction = this.#find(transactionalId, producer);
    if (typeof transaction === "number") return transaction;
    if (transaction.state === "Ongoing" && partitions.every((partition) => transaction.has(partition))) return 0;
    this.#begin(transaction, {}, partitions);
    return 0;
  }

  addGroup(transactionalId: string, producer: ProducerIdentity, group: string): number {
    const transaction = this.#find(transactionalId, producer);
    if (typeof transaction === "number") return transaction;
    if (transaction.state === "Ongoing" && transaction.groups.includes(group)) return 0;
    this.#begin(transaction, { groups: [...transaction.groups, group] });
    return 0;
  }

  /** Kafka's error for a batch that a producer wants to write in its transaction, or 0. */
  verify(transactionalId: string, producer: ProducerIdentity, partition: TransactionPartition): number {
    const transaction = this.#find(transactionalId, producer);
    // Old clients retry what they know; they have never heard of concurrent transactions here.
    if (transaction === kafkaErrors.CONCURRENT_TRANSACTIONS.code) return kafkaErrors.NOT_ENOUGH_REPLICAS.code;
    if (transaction === kafkaErrors.PRODUCER_FENCED.code) return kafkaErrors.INVALID_PRODUCER_EPOCH.code;
    if (typeof transaction === "number") return transaction;
    return transaction.state === "Ongoing" && transaction.has(partition) ? 0 : kafkaErrors.INVALID_TXN_STATE.code;
  }

  /** Offsets that the group gets when the transaction commits. */
  commitOffsets(transactionalId: string, producer: ProducerIdentity, offsets: readonly GroupOffset[]): number {
    const transaction = this.#find(transactionalId, producer);
    if (transaction === kafkaErrors.PRODUCER_FENCED.code) return kafkaErrors.INVALID_PRODUCER_EPOCH.code;
    if (typeof transaction === "number") return transaction;
    if (transaction.state !== "Ongoing" || offsets.some(({ group }) => !transaction.groups.includes(group)))
      return kafkaErrors.INVALID_TXN_STATE.code;
    this.#meta.append({ type: "transaction-offsets", transactionalId, offsets });
    transaction.takeOffsets(offsets);
    return 0;
  }

  /** Whether an open transaction may yet change the group's offset. */
  hasPendingOffset(group: string, topic: string, partition: number): boolean {
    for (const { state, offsets } of this.#transactions.values()) {
      if (state !== "Ongoing") continue;
      if (offsets.some((offset) => offset.group === group && offset.topic === topic && offset.partition === partition))
        return true;
    }
    return false;
  }

  end(transactionalId: string, producer: ProducerIdentity, isCommit: boolean): number {
    const transaction = this.#transactions.get(transactionalId);
    if (transaction?.producerId === producer.producerId && transaction.epoch === producer.epoch) {
      // Said again, because the answer was lost: fine, if it says the same.
      if (transaction.state === (isCommit ? "CompleteCommit" : "CompleteAbort")) return 0;
      const other = isCommit ? "PrepareAbort" : "PrepareCommit";
      if (transaction.state === other) return kafkaErrors.INVALID_TXN_STATE.code;
    }
    const found = this.#find(transactionalId, producer);
    if (typeof found === "number") return found;
    if (found.state !== "Ongoing") return kafkaErrors.INVALID_TXN_STATE.code;
    this.#change(found, { state: isCommit ? "PrepareCommit" : "PrepareAbort" });
    this.#complete(found);
    return 0;
  }

  /** A transactional id from before a restart. */
  restore(record: TransactionRecord): void {
    const transaction = Transaction.from(record);
    if (record.state === "Ongoing" || isPrepared(transaction))
      transaction.takeOffsets(this.#transactions.get(record.transactionalId)?.offsets ?? []);
    this.#transactions.set(record.transactionalId, transaction);
    this.producerIds.restore(record.producerId + 1);
  }

  restoreOffsets(transactionalId: string, offsets: readonly GroupOffset[]): void {
    this.#transactions.get(transactionalId)?.takeOffsets(offsets);
  }

  /** After a restart: what was decided is carried out, what was open stays open for the rest of its time. */
  resume(): void {
    const open = new Map<number, Transaction>();
    for (const transaction of this.#transactions.values()) {
      if (isPrepared(transaction)) this.#complete(transaction);
      else if (transaction.state === "Ongoing") this.#setTimer(transaction);
      open.set(transaction.producerId, transaction);
    }
    // The machine's death may have taken the note but not the records: readers must not wait for their end.
    for (const { name: topic, partitions } of this.#topics.all()) {
      for (const [partition, log] of partitions.entries()) {
        for (const producerId of log.producers.openProducers) {
          const transaction = open.get(producerId);
          if (transaction?.state === "Ongoing" && transaction.has({ topic, partition })) continue;
          log.endTransaction(producerId, log.producers.epochOf(producerId), "abort");
        }
      }
    }
  }

  collectGarbage(nowMs: number): void {
    for (const { transactionalId, updateMs } of this.#idle())
      if (updateMs < nowMs - expiryMs) this.#transactions.delete(transactionalId);
  }

  /** Where there are too many transactional ids, those that were idle longest are forgotten early. */
  #hasRoomFor(transactionalId: string): boolean {
    if (this.#transactions.size < maxIds || this.#transactions.has(transactionalId)) return true;
    const idle = this.#idle().sort((a, b) => a.updateMs - b.updateMs);
    for (const { transactionalId: id } of idle.slice(0, Math.ceil(maxIds / 10))) this.#transactions.delete(id);
    return this.#transactions.size < maxIds;
  }

  #idle(): Transaction[] {
    return [...this.#transactions.values()].filter(({ state }) => state !== "Ongoing" && !state.startsWith("Prepare"));
  }

  /** What brings all transactional ids back. */
  records(): MetaRecord[] {
    return [
      this.producerIds.record(),
      ...[...this.#transactions.values()].flatMap(({ record, transactionalId, offsets }) => [
        { type: "transaction", ...record } as const,
        ...(offsets.length > 0 ? [{ type: "transaction-offsets", transactionalId, offsets } as const] : []),
      ]),
    ];
  }

  stop(): void {
    for (const { timer } of this.#transactions.values()) timer?.cancel();
  }

  #find(transactionalId: string, { producerId, epoch }: ProducerIdentity): Transaction | number {
    if (transactionalId === "") return kafkaErrors.INVALID_REQUEST.code;
    const transaction = this.#transactions.get(transactionalId);
    if (transaction === undefined || transaction.producerId !== producerId)
      return kafkaErrors.INVALID_PRODUCER_ID_MAPPING.code;
    if (transaction.epoch !== epoch) return kafkaErrors.PRODUCER_FENCED.code;
    return isPrepared(transaction) ? kafkaErrors.CONCURRENT_TRANSACTIONS.code : transaction;
  }

  #nextIdentity({ producerId, epoch }: Transaction, present: ProducerIdentity | undefined): Partial<TransactionRecord> {
    const lastEpoch = present === undefined ? -1 : epoch;
    if (epoch < maxEpoch) return { epoch: epoch + 1, lastEpoch };
    return { producerId: this.producerIds.next(), epoch: 0, lastEpoch, lastProducerId: producerId };
  }

  #begin(
    transaction: Transaction,
    change: Partial<TransactionRecord>,
    partitions: readonly TransactionPartition[] = [],
  ): void {
    const isOpen = transaction.state === "Ongoing";
    const begun = isOpen ? {} : ({ state: "Ongoing", startMs: this.#machine.clock.now() } as const);
    this.#change(transaction, { ...begun, ...change }, partitions);
    if (!isOpen) this.#setTimer(transaction);
  }

  #setTimer(transaction: Transaction): void {
    const leftMs = Math.max(0, transaction.startMs + transaction.timeoutMs - this.#machine.clock.now());
    this.#later(transaction, leftMs, () => this.#abort(transaction));
  }

  /** Does it when the time has come, and again a while later when it fails: the disk may be full. */
  #later(transaction: Transaction, delayMs: number, action: () => void): void {
    transaction.timer?.cancel();
    const act = (): void => {
      try {
        action();
      } catch {
        this.#later(transaction, retryMs, action);
      }
    };
    transaction.timer = this.#machine.timers.after(delayMs, act).unref();
  }

  /** Fences the producer, so that what it still sends is refused, and aborts its transaction. */
  #abort(transaction: Transaction): void {
    this.#change(transaction, { state: "PrepareAbort", epoch: transaction.epoch + 1, lastEpoch: -1 });
    this.#complete(transaction);
  }

  /** Writes the markers that are missing. Where one cannot be written, the rest is tried again later: the outcome stands. */
  #complete(transaction: Transaction): void {
    transaction.timer?.cancel();
    const { producerId, epoch, offsets } = transaction;
    const type = transaction.state === "PrepareCommit" ? "commit" : "abort";
    try {
      for (const place of transaction.partitions) {
        this.#topics.partition(place.topic, place.partition)?.endTransaction(producerId, epoch, type);
        transaction.remove(place);
      }
      for (const { group, ...offset } of type === "commit" ? offsets : []) this.#groups.commit(group, offset);
      this.#change(transaction, { state: type === "commit" ? "CompleteCommit" : "CompleteAbort", groups: [] });
      transaction.dropOffsets();
    } catch {
      this.#later(transaction, retryMs, () => this.#complete(transaction));
    }
  }

  /** Notes a change before it counts. */
  #change(
    transaction: Transaction,
    change: Partial<TransactionRecord>,
    partitions: readonly TransactionPartition[] = [],
  ): void {
    const changed = { ...change, updateMs: this.#machine.clock.now() };
    const record = { ...transaction.record, ...changed };
    this.#meta.append({ type: "transaction", ...record, partitions: [...record.partitions, ...partitions] });
    Object.assign(transaction, changed);
    transaction.add(partitions);
  }
}

function failed(errorCode: number): InitResult {
  return { errorCode, producerId: -1, epoch: -1 };
}

function isPrepared({ state }: Transaction): boolean {
  return state === "PrepareCommit" || state === "PrepareAbort";
}

/** Whether a producer that wants to go on is the present one, or was until an answer that it may not have heard. */
function isOwner({ producerId, epoch, lastEpoch, lastProducerId }: Transaction, present: ProducerIdentity): boolean {
  if (epoch < 0) return true;
  if (present.producerId === producerId) return present.epoch === epoch || present.epoch === lastEpoch;
  return present.producerId === lastProducerId && present.epoch >= maxEpoch;
}
