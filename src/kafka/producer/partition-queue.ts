// The batches of one partition, from the one being filled to those in flight, and the invariant that keeps them in order: a
// batch gets its sequence number when it is first taken for sending, without gaps, and keeps it over all retries, for by the
// number the broker recognises what is in the log already although its answer was lost. When a batch in flight fails, nothing
// more is taken until the others are answered too; then what failed is taken again in order, one at a time. Only behind a batch that is
// given up, which the broker never took, are the numbers given anew. (Numbers are not simply counted back to the first failure:
// a batch behind it may be in the log under the number that a new one would then get, and the new one would be lost.)
import type { Timers } from "../../runtime/machine/timers.ts";
import { BatchBuilder, type Bytes, type HeadersToWrite } from "../record-batch/batch-builder.ts";
import type { Backlog } from "./backlog.ts";
import { ProducerBatch, type Waiter } from "./producer-batch.ts";

/** The broker remembers this many batches of a producer to recognise repetitions. */
const inFlightMax = 5;
const sequences = 2 ** 31;
const firstCapacity = 16 * 1024;

export interface PartitionQueueOptions {
  readonly topic: string;
  readonly partition: number;
  readonly batchBytesMax: number;
  readonly backlog: Backlog;
  readonly timers: Timers;
  /** Called when a batch of the partition takes no more records. */
  readonly closed: (partition: number) => void;
}

/** What became of an appended record: it joined a batch, began one, began one because the last is full, or fits none. */
export type Appended = "joined" | "began" | "filled" | "too large";

export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  /** The leading node; undefined while it is not known. */
  leader: number | undefined;
  isLocating = false;
  /** Nothing is sent before this moment of the monotonic clock: the pause before a retry. */
  notBefore = 0;
  /** The newest metadata is known to be out of date. */
  isLeaderStale = false;
  readonly #backlog: Backlog;
  readonly #timers: Timers;
  readonly #batchBytesMax: number;
  readonly #closed: (partition: number) => void;
  #filling: ProducerBatch | undefined;
  readonly #waiting: ProducerBatch[] = [];
  readonly #inFlight: ProducerBatch[] = [];
  #nextSequence = 0;
  /** A batch in flight failed, and the others in flight are not all answered. */
  #isHeld = false;
  /** The first batch that was given up since numbers were last given. */
  #givenUp: ProducerBatch | undefined;
  #acknowledgedOrder = -1;
  #capacity = firstCapacity;

  constructor({ topic, partition, batchBytesMax, backlog, timers, closed }: PartitionQueueOptions) {
    this.topic = topic;
    this.partition = partition;
    this.#batchBytesMax = batchBytesMax;
    this.#backlog = backlog;
    this.#timers = timers;
    this.#closed = closed;
  }

  get hasWork(): boolean {
    return this.#filling !== undefined || this.#waiting.length > 0;
  }

  /** The moment when the oldest batch was begun; undefined without batches. */
  get oldestAt(): number | undefined {
    let oldest: number | undefined;
    for (const batch of [this.#inFlight[0], this.#waiting[0], this.#filling]) {
      if (batch !== undefined && (oldest === undefined || batch.createdAt < oldest)) oldest = batch.createdAt;
    }
    return oldest;
  }

  /** Adds a record to the batch being filled, or to a new one. */
  append(
    key: Bytes | null,
    value: Bytes | null,
    timestamp: number,
    headers: HeadersToWrite | undefined,
    waiter: Waiter | undefined,
  ): Appended {
    const filling = this.#filling;
    if (filling !== undefined) {
      const before = filling.bytes;
      if (filling.tryAppend(key, value, timestamp, headers, waiter)) {
        this.#backlog.grew(filling.bytes - before);
        return "joined";
      }
    }
    const builder = new BatchBuilder(this.#batchBytesMax, this.#capacity);
    const batch = new ProducerBatch(builder, this.#timers.elapsed(), this.#backlog.takeOrder(), this.#backlog);
    if (!batch.tryAppend(key, value, timestamp, headers, waiter)) return "too large";
    this.close();
    this.#filling = batch;
    this.#backlog.opened(batch);
    return filling === undefined ? "began" : "filled";
  }

  /** Ends the batch being filled, if there is one. */
  close(): void {
    const batch = this.#filling;
    if (batch === undefined) return;
    this.#filling = undefined;
    this.#waiting.push(batch);
    // Traffic changes slowly: the next batch will need about as much.
    this.#capacity = Math.max(firstCapacity, batch.bytes);
    this.#closed(this.partition);
  }

  /** When a batch may be taken: a past moment, a later one, or undefined while only an answer can change that. */
  readyAt(lingerMs: number): number | undefined {
    const [next] = this.#waiting;
    const inFlight = this.#inFlight.length;
    if (inFlight >= inFlightMax) return undefined;
    // What is sent again goes alone: with others behind it the broker might forget it before its answer is lost once more.
    const goesAlone = (next !== undefined && next.attempts > 0) || (this.#inFlight[0]?.attempts ?? 0) > 1;
    if (inFlight > 0 && (this.#isHeld || goesAlone)) return undefined;
    if (next !== undefined) return this.notBefore;
    return this.#filling && Math.max(this.notBefore, this.#filling.createdAt + lingerMs);
  }

  /** The next batch, now in flight and with its sequence number. `readyAt` has come. */
  take(): ProducerBatch | undefined {
    this.#isHeld = false;
    this.#closeGap();
    if (this.#waiting.length === 0) this.close();
    const batch = this.#waiting.shift();
    if (batch === undefined) return undefined;
    if (batch.baseSequence < 0) {
      batch.baseSequence = this.#nextSequence;
      this.#nextSequence = (this.#nextSequence + batch.recordCount) % sequences;
    }
    this.#inFlight.push(batch);
    return batch;
  }

  /** A batch is in the log. Returns whether numbering can go on; else a new producer id is needed. */
  acknowledged(batch: ProducerBatch): boolean {
    this.notBefore = 0;
    this.#land(batch);
    this.#acknowledgedOrder = Math.max(this.#acknowledgedOrder, batch.order);
    return this.#isSound();
  }

  /** A batch is given up, and the broker did not take it. Returns whether numbering can go on; else a new producer id is needed. */
  refused(batch: ProducerBatch): boolean {
    this.#isHeld = true;
    this.#land(batch);
    if (this.#givenUp === undefined || batch.order < this.#givenUp.order) this.#givenUp = batch;
    return this.#isSound();
  }

  /** A batch goes back in front of what comes after it. */
  retry(batch: ProducerBatch): void {
    this.#isHeld = true;
    this.#land(batch);
    this.#putBack(batch, [batch]);
  }

  /** A batch, which the broker did not take, is sent in two parts under the same numbers. */
  retryInParts(batch: ProducerBatch): void {
    this.#isHeld = true;
    this.#land(batch);
    const [first, second] = batch.split();
    first.baseSequence = batch.baseSequence;
    second.baseSequence = (batch.baseSequence + first.recordCount) % sequences;
    this.#putBack(batch, [first, second]);
  }

  /** Whether all batches before this one, which is in flight, have been answered well. */
  isFirstInFlight(batch: ProducerBatch): boolean {
    return this.#inFlight[0] === batch && !this.#isHeld;
  }

  /** Numbering begins anew, as it must with a new producer id. Nothing is in flight. */
  resetSequence(): void {
    for (const batch of this.#waiting) batch.baseSequence = -1;
    this.#nextSequence = 0;
    this.#givenUp = undefined;
    this.#acknowledgedOrder = -1;
  }

  /** Takes out the batches begun before `moment`. `wasSent`: whether the broker may have one of them. */
  expire(moment: number): { readonly batches: ProducerBatch[]; readonly wasSent: boolean } {
    if ((this.oldestAt ?? moment) >= moment) return { batches: [], wasSent: false };
    if (this.#filling !== undefined && this.#filling.createdAt < moment) this.close();
    const sent = takeBefore(this.#inFlight, moment);
    const batches = [...sent, ...takeBefore(this.#waiting, moment)];
    return { batches, wasSent: sent.length > 0 || batches.some((batch) => batch.baseSequence >= 0) };
  }

  /** Takes out everything, for a producer that can't go on. */
  clear(): ProducerBatch[] {
    this.close();
    return [...this.#inFlight.splice(0), ...this.#waiting.splice(0)];
  }

  /** The broker can't have taken what came behind a batch that it did not take. */
  #isSound(): boolean {
    return this.#givenUp === undefined || this.#givenUp.order > this.#acknowledgedOrder;
  }

  #closeGap(): void {
    const gap = this.#givenUp;
    if (gap === undefined) return;
    for (const batch of this.#waiting) if (batch.order > gap.order) batch.baseSequence = -1;
    this.#nextSequence = gap.baseSequence;
    this.#givenUp = undefined;
  }

  #putBack(batch: ProducerBatch, again: readonly ProducerBatch[]): void {
    const found = this.#waiting.findIndex((other) => other.order > batch.order);
    this.#waiting.splice(found < 0 ? this.#waiting.length : found, 0, ...again);
  }

  #land(batch: ProducerBatch): void {
    const index = this.#inFlight.indexOf(batch);
    if (index >= 0) this.#inFlight.splice(index, 1);
  }
}

function takeBefore(batches: ProducerBatch[], moment: number): ProducerBatch[] {
  const taken = batches.filter((batch) => batch.createdAt < moment);
  if (taken.length > 0) batches.splice(0, batches.length, ...batches.filter((batch) => batch.createdAt >= moment));
  return taken;
}
