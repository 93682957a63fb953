import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";
import type { BatchHeader } from "../../kafka/record-batch/batch-header.ts";
import { type ProducerSnapshot, ProducerState } from "./producer-state.ts";

/** A transaction that ended in an abort: from its producer's first record in the partition to the marker. */
export interface AbortedRange {
  readonly producerId: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

/** What the producers of a partition did up to some offset, as plain data. */
export interface ProducersSnapshot {
  readonly producers: readonly (readonly [number, ProducerSnapshot])[];
  readonly open: readonly (readonly [number, number])[];
}

/** Kafka's default: a producer that has not written for a day is forgotten, and may go on with any sequence. */
const producerExpiryMs = 24 * 60 * 60 * 1000;
/** More than that are forgotten early, those that have been silent longest first. */
const maxProducers = 10_000;

/** How many producers all partitions together remember, and may. */
export class ProducerCount {
  readonly most: number;
  count = 0;

  /** Beyond `most` each partition that gets another producer forgets half of its own, and keeps one at least. */
  constructor(most = 200_000) {
    this.most = most;
  }
}

/** The idempotent producers of one partition, and the transactions in it, open and aborted. */
export class ProducerTable {
  readonly #producers = new Map<number, ProducerState>();
  /** First offset of each open transaction, by producer. */
  readonly #open = new Map<number, number>();
  readonly #count: ProducerCount;
  #aborted: AbortedRange[] = [];

  constructor(count: ProducerCount = new ProducerCount()) {
    this.#count = count;
  }

  /** First offset of the oldest open transaction. */
  get firstOpenOffset(): number | undefined {
    // Transactions are noted in the order of their first offsets.
    const [first] = this.#open.values();
    return first;
  }

  get openProducers(): number[] {
    return [...this.#open.keys()];
  }

  /** What each producer did last; −1 where it has no open transaction. */
  all(): {
    readonly producerId: number;
    readonly epoch: number;
    readonly lastSequence: number;
    readonly lastSeenMs: number;
    readonly coordinatorEpoch: number;
    readonly openOffset: number;
  }[] {
    return [...this.#producers].map(([producerId, { epoch, lastSequence, lastSeenMs, coordinatorEpoch }]) => {
      const openOffset = this.#open.get(producerId) ?? -1;
      return { producerId, epoch, lastSequence, lastSeenMs, coordinatorEpoch, openOffset };
    });
  }

  isOpen(producerId: number): boolean {
    return this.#open.has(producerId);
  }

  /** A producer's last epoch; 0 of one that is not known. */
  epochOf(producerId: number): number {
    return this.#producers.get(producerId)?.epoch ?? 0;
  }

  isLastOf(header: BatchHeader): boolean {
    return this.#producers.get(header.producerId)?.isLast(header) ?? false;
  }

  /** Nothing is left of an aborted transaction. */
  forgetAborted(producerId: number, markerOffset: number): void {
    this.#aborted = this.#aborted.filter(
      (range) => range.producerId !== producerId || range.lastOffset !== markerOffset,
    );
  }

  /** The base offset of a batch that is in the log already. */
  duplicateOf(header: BatchHeader): number | undefined {
    return this.#producers.get(header.producerId)?.duplicateOf(header);
  }

  /** Kafka's error for a batch that must not be appended, or 0. A producer that is not known may begin anywhere. */
  check(header: BatchHeader): number {
    if (header.producerId < 0) return 0;
    if (header.producerEpoch < -1) return kafkaErrors.INVALID_PRODUCER_EPOCH.code;
    const errorCode = this.#producers.get(header.producerId)?.check(header) ?? 0;
    if (errorCode !== 0) return errorCode;
    return this.isOpen(header.producerId) && !header.isTransactional ? kafkaErrors.INVALID_TXN_STATE.code : 0;
  }

  /** @param isAbort whether a control batch ends a transaction by an abort. */
  appended(header: BatchHeader, baseOffset: number, isAbort: boolean, nowMs: number): void {
    const { producerId } = header;
    if (producerId < 0) return;
    let producer = this.#producers.get(producerId);
    if (producer === undefined) {
      producer = new ProducerState({ epoch: header.producerEpoch, nextSequence: 0, lastSeenMs: nowMs, recent: [] });
      if (this.#producers.size >= maxProducers || this.#count.count >= this.#count.most) this.#forgetHalf();
      this.#producers.set(producerId, producer);
      this.#count.count++;
    }
    producer.appended(header, baseOffset, nowMs);
    if (header.isControl) this.#closed(producerId, baseOffset, isAbort);
    else if (header.isTransactional && !this.isOpen(producerId)) this.#open.set(producerId, baseOffset);
  }

  abortedBetween(fromOffset: number, lastOffset: number): AbortedRange[] {
    return this.#aborted.filter((range) => range.lastOffset >= fromOffset && range.firstOffset <= lastOffset);
  }

  /** Lets go of what concerns records below `startOffset` only, and of producers that have long been silent. */
  forget(startOffset: number, nowMs: number): void {
    this.#aborted = this.#aborted.filter((range) => range.lastOffset >= startOffset);
    for (const [id, { lastSeenMs }] of this.#producers)
      if (lastSeenMs < nowMs - producerExpiryMs && !this.isOpen(id)) this.#delete(id);
  }

  /** The partition is deleted. */
  clear(): void {
    this.#count.count -= this.#producers.size;
    this.#producers.clear();
    this.#open.clear();
    this.#aborted = [];
  }

  #delete(producerId: number): void {
    if (this.#producers.delete(producerId)) this.#count.count--;
  }

  /** Aborted transactions are not part of it: they are kept with the segment in which they ended. */
  snapshot(): ProducersSnapshot {
    const producers = [...this.#producers].map(([id, producer]) => [id, producer.snapshot()] as const);
    return { producers, open: [...this.#open] };
  }

  restore({ producers, open }: ProducersSnapshot, aborted: readonly AbortedRange[]): void {
    this.#count.count += producers.length - this.#producers.size;
    this.#producers.clear();
    this.#open.clear();
    for (const [id, producer] of producers) this.#producers.set(id, new ProducerState(producer));
    for (const [id, firstOffset] of open) this.#open.set(id, firstOffset);
    this.#aborted.push(...aborted);
  }

  #closed(producerId: number, lastOffset: number, isAborted: boolean): void {
    const firstOffset = this.#open.get(producerId);
    this.#open.delete(producerId);
    if (isAborted && firstOffset !== undefined) this.#aborted.push({ producerId, firstOffset, lastOffset });
  }

  #forgetHalf(): void {
    const silent = [...this.#producers]
      .filter(([id]) => !this.isOpen(id))
      .sort(([, a], [, b]) => a.lastSeenMs - b.lastSeenMs);
    for (const [id] of silent.slice(0, Math.ceil(this.#producers.size / 2))) this.#delete(id);
  }
}
