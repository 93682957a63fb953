import type { Timer } from "../../runtime/machine/timers.ts";
import type { CommittedOffset } from "../groups/group-store.ts";

export interface GroupOffset extends CommittedOffset {
  readonly group: string;
}

export interface TransactionPartition {
  readonly topic: string;
  readonly partition: number;
}

export const transactionStates = [
  "Empty",
  "Ongoing",
  "PrepareCommit",
  "PrepareAbort",
  "CompleteCommit",
  "CompleteAbort",
] as const;

/**
 * Kafka's names. A prepared transaction is decided: a crash does not change its outcome any more. It is complete when each of its
 * partitions has its marker.
 */
export type TransactionState = (typeof transactionStates)[number];

/** What is kept of a transactional id. */
export interface TransactionRecord {
  readonly transactionalId: string;
  readonly producerId: number;
  /** −1: not given to anybody yet. */
  readonly epoch: number;
  /** The epoch before, where its producer asked for the present one and may not have heard the answer; else −1. */
  readonly lastEpoch: number;
  /** The producer id before, whose epochs were used up; else −1. */
  readonly lastProducerId: number;
  readonly timeoutMs: number;
  readonly state: TransactionState;
  /** When the present transaction began and when something last changed, epoch ms. */
  readonly startMs: number;
  readonly updateMs: number;
  readonly partitions: readonly TransactionPartition[];
  /** Groups whose offsets it may change. */
  readonly groups: readonly string[];
}

/** A transactional id: its present producer and transaction. */
export class Transaction {
  readonly transactionalId: string;
  producerId: number;
  epoch = -1;
  lastEpoch = -1;
  lastProducerId = -1;
  timeoutMs = 0;
  state: TransactionState = "Empty";
  startMs = -1;
  updateMs = 0;
  groups: readonly string[] = [];
  /** Aborts it when its time is over. */
  timer: Timer | undefined;
  readonly #partitions = new Map<string, TransactionPartition>();
  #offsets: GroupOffset[] = [];

  constructor(transactionalId: string, producerId: number) {
    this.transactionalId = transactionalId;
    this.producerId = producerId;
  }

  static from(record: TransactionRecord): Transaction {
    const { partitions, ...rest } = record;
    const transaction = Object.assign(new Transaction(rest.transactionalId, rest.producerId), rest);
    transaction.add(partitions);
    return transaction;
  }

  get record(): TransactionRecord {
    const { transactionalId, producerId, epoch, lastEpoch, lastProducerId } = this;
    const { timeoutMs, state, startMs, updateMs, partitions, groups } = this;
    return {
      ...{ transactionalId, producerId, epoch, lastEpoch, lastProducerId },
      ...{ timeoutMs, state, startMs, updateMs, partitions, groups },
    };
  }

  get partitions(): readonly TransactionPartition[] {
    return [...this.#partitions.values()];
  }

  /** Offsets that groups get when it commits. */
  get offsets(): readonly GroupOffset[] {
    return this.#offsets;
  }

  takeOffsets(offsets: readonly GroupOffset[]): void {
    this.#offsets.push(...offsets);
  }

  dropOffsets(): void {
    this.#offsets = [];
  }

  has({ topic, partition }: TransactionPartition): boolean {
    return this.#partitions.has(`${topic}/${partition}`);
  }

  add(partitions: readonly TransactionPartition[]): void {
    for (const { topic, partition } of partitions) this.#partitions.set(`${topic}/${partition}`, { topic, partition });
  }

  remove({ topic, partition }: TransactionPartition): void {
    this.#partitions.delete(`${topic}/${partition}`);
  }
}
