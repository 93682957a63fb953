import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";
import type { BatchHeader } from "../../kafka/record-batch/batch-header.ts";

/** A producer's last batches: as many as may be in flight. */
const remembered = 5;
const sequences = 2 ** 31;

interface RecentBatch {
  readonly sequence: number;
  readonly count: number;
  readonly baseOffset: number;
}

/** All of it, as plain data. */
export interface ProducerSnapshot {
  readonly epoch: number;
  readonly nextSequence: number;
  readonly lastSeenMs: number;
  readonly recent: readonly RecentBatch[];
  readonly coordinatorEpoch?: number;
}

/** What a partition remembers of one idempotent producer: its epoch and the sequence that has to come next. */
export class ProducerState {
  epoch: number;
  /** When it last wrote, epoch ms. */
  lastSeenMs: number;
  /** Of the coordinator that wrote its last marker; −1: none did. */
  coordinatorEpoch: number;
  #nextSequence: number;
  #recent: RecentBatch[];

  constructor({ epoch, nextSequence, lastSeenMs, recent, coordinatorEpoch = -1 }: ProducerSnapshot) {
    this.coordinatorEpoch = coordinatorEpoch;
    this.epoch = epoch;
    this.lastSeenMs = lastSeenMs;
    this.#nextSequence = nextSequence;
    this.#recent = [...recent];
  }

  /** Sequence of its last record; −1: its epoch has none. */
  get lastSequence(): number {
    return this.#nextSequence - 1;
  }

  snapshot(): ProducerSnapshot {
    const { epoch, lastSeenMs, coordinatorEpoch } = this;
    return { epoch, lastSeenMs, coordinatorEpoch, nextSequence: this.#nextSequence, recent: [...this.#recent] };
  }

  /** Whether it is the producer's last batch, or, where its epoch has written none, its last marker. */
  isLast({ baseOffset, lastOffsetDelta, producerEpoch, isControl }: BatchHeader): boolean {
    const last = this.#recent.at(-1);
    if (last === undefined) return isControl && producerEpoch === this.epoch;
    return baseOffset + lastOffsetDelta === last.baseOffset + last.count - 1;
  }

  /** The base offset of a batch that is in the log already. */
  duplicateOf(header: BatchHeader): number | undefined {
    if (header.producerEpoch !== this.epoch) return undefined;
    const count = header.lastOffsetDelta + 1;
    return this.#recent.find((batch) => batch.sequence === header.baseSequence && batch.count === count)?.baseOffset;
  }

  /** Kafka's error for a batch that must not be appended, or 0. */
  check(header: BatchHeader): number {
    if (header.producerEpoch < this.epoch) return kafkaErrors.INVALID_PRODUCER_EPOCH.code;
    const expected = header.producerEpoch > this.epoch ? 0 : this.#nextSequence;
    return header.baseSequence === expected ? 0 : kafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER.code;
  }

  appended(header: BatchHeader, baseOffset: number, nowMs: number): void {
    // An epoch starts at sequence 0, also one that came with the marker of a fenced transaction.
    if (header.producerEpoch !== this.epoch) {
      this.#recent = [];
      this.#nextSequence = 0;
    }
    this.epoch = header.producerEpoch;
    this.lastSeenMs = nowMs;
    if (header.isControl) {
      this.coordinatorEpoch = 0;
      return;
    }
    const count = header.lastOffsetDelta + 1;
    this.#recent.push({ sequence: header.baseSequence, count, baseOffset });
    if (this.#recent.length > remembered) this.#recent.shift();
    this.#nextSequence = (header.baseSequence + count) % sequences;
  }
}
