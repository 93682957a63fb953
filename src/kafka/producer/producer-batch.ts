import type { CompressionName } from "../compression/codec.ts";
import {
  BatchBuilder,
  type BatchProducer,
  type Bytes,
  type HeadersToWrite,
  stampProducer,
} from "../record-batch/batch-builder.ts";
import type { BatchHeader } from "../record-batch/batch-header.ts";
import { decodeBatches } from "../record-batch/batch-reader.ts";
import type { RecordColumns } from "../record-batch/record-columns.ts";
import { decodeHeaders } from "../record-batch/record-headers.ts";
import type { ProducerEpoch } from "./producer-network.ts";

/** Where a record went. */
export interface RecordPosition {
  readonly partition: number;
  /** -1 where the broker had the record already and does not know its offset any more. */
  readonly offset: number;
}

/** The promise of one `send`. */
export interface Waiter {
  resolve(position: RecordPosition): void;
  reject(error: Error): void;
}

/** Who keeps count of the batches. */
export interface BatchEvents {
  /** Happens once to each batch. With `error`, records that nobody waits for individually were lost. */
  settled(batch: ProducerBatch, error: Error | undefined): void;
  /** Instead of that, the parts will be settled. */
  split(batch: ProducerBatch, parts: readonly ProducerBatch[]): void;
}

/** One batch on its way: in the making, then finished bytes; and those who wait for its records. */
export class ProducerBatch {
  /** Batches of a partition are sent in this order. */
  readonly order: number;
  /** Milliseconds of the monotonic clock. */
  readonly createdAt: number;
  /** -1 until the batch is sent. */
  baseSequence = -1;
  attempts = 0;
  /** What the last attempt failed of. */
  lastProblem: Error | undefined;
  isSettled = false;
  readonly #events: BatchEvents;
  readonly #builder: BatchBuilder;
  /** Half the distance to the next order: what a split gives its second part. */
  readonly #orderStep: number;
  readonly #waiters: Waiter[] = [];
  readonly #waiterIndexes: number[] = [];
  #finished: Buffer | undefined;
  #stamped: BatchProducer | undefined;

  constructor(builder: BatchBuilder, createdAt: number, order: number, events: BatchEvents, orderStep = 0.5) {
    this.#builder = builder;
    this.createdAt = createdAt;
    this.order = order;
    this.#events = events;
    this.#orderStep = orderStep;
  }

  get recordCount(): number {
    return this.#builder.recordCount;
  }

  /** Bytes before compression. */
  get bytes(): number {
    return this.#builder.bytes;
  }

  tryAppend(
    key: Bytes | null,
    value: Bytes | null,
    timestamp: number,
    headers?: HeadersToWrite,
    waiter?: Waiter,
  ): boolean {
    if (!this.#builder.tryAppend(key, value, timestamp, headers)) return false;
    if (waiter !== undefined) this.#watch(waiter, this.#builder.recordCount - 1);
    return true;
  }

  /** The bytes to send. The first call ends the making; later ones write a changed producer or sequence into the bytes. */
  encode(producer: ProducerEpoch, compression: CompressionName, isTransactional = false): Buffer {
    const stamp = { ...producer, baseSequence: this.baseSequence };
    if (this.#finished === undefined) {
      this.#finished = this.#builder.finish({ ...stamp, compression, isTransactional });
    } else if (!sameProducer(this.#stamped, stamp)) {
      stampProducer(this.#finished, stamp);
    }
    this.#stamped = stamp;
    return this.#finished;
  }

  /** All records are in the log, the first at `baseOffset`. */
  complete(partition: number, baseOffset: number): void {
    if (!this.#settle(undefined)) return;
    this.#waiters.forEach((waiter, i) => {
      waiter.resolve({ partition, offset: baseOffset < 0 ? -1 : baseOffset + (this.#waiterIndexes[i] as number) });
    });
  }

  /** No record will be sent any more. */
  fail(error: Error): void {
    const unwatched = this.recordCount > this.#waiters.length;
    if (!this.#settle(unwatched ? error : undefined)) return;
    for (const waiter of this.#waiters) waiter.reject(error);
  }

  /** Two batches with the same records, for one that was sent and is too large for its broker. */
  split(): [ProducerBatch, ProducerBatch] {
    const bytes = this.#finished as Buffer;
    const half = Math.ceil(this.recordCount / 2);
    const step = this.#orderStep / 2;
    const make = (order: number): ProducerBatch =>
      new ProducerBatch(
        new BatchBuilder(this.#builder.maxBytes, this.bytes),
        this.createdAt,
        order,
        this.#events,
        step,
      );
    const parts: [ProducerBatch, ProducerBatch] = [make(this.order), make(this.order + this.#orderStep)];
    for (const { header, columns } of decodeBatches(bytes, 0, bytes.length, { topic: "", partition: 0 }, this.bytes)) {
      for (let i = 0; i < columns.count; i++) appendDecoded(parts[i < half ? 0 : 1], header, columns, i);
    }
    this.#waiters.forEach((waiter, i) => {
      const index = this.#waiterIndexes[i] as number;
      if (index < half) parts[0].#watch(waiter, index);
      else parts[1].#watch(waiter, index - half);
    });
    this.isSettled = true;
    this.#events.split(this, parts);
    return parts;
  }

  #watch(waiter: Waiter, index: number): void {
    this.#waiters.push(waiter);
    this.#waiterIndexes.push(index);
  }

  #settle(error: Error | undefined): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    this.#events.settled(this, error);
    return true;
  }
}

function appendDecoded(batch: ProducerBatch, header: BatchHeader, columns: RecordColumns, i: number): void {
  const timestamp = header.baseTimestamp + (columns.timestampDelta[i] as number);
  const headers = decodeHeaders(columns, i, { topic: "", partition: 0, offset: 0 });
  batch.tryAppend(columns.key(i), columns.value(i), timestamp, headers.length === 0 ? undefined : headers);
}

function sameProducer(a: BatchProducer | undefined, b: BatchProducer): boolean {
  return a?.producerId === b.producerId && a.producerEpoch === b.producerEpoch && a.baseSequence === b.baseSequence;
}
