// The batches of one partition, from the one being filled to those in flight, and the invariant that keeps them in order:
// sequence numbers are given when a batch is taken for sending, without gaps. When a batch in flight fails, nothing more is
// taken until the others in flight are answered too (the broker refuses them, for they come out of sequence). Then numbering
// goes back to the first that failed and all are taken again in order: a batch that did get into the log although its answer
// was lost gets its old number again, by which the broker recognises it.
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
  readonly #batchBytesMax: number;
  readonly #closed: (partition: number) => void;
  #filling: ProducerBatch | undefined;
  readonly #waiting: ProducerBatch[] = [];
  readonly #inFlight: ProducerBatch[] = [];
  #nextSequence = 0;
  /** The first sequence that failed, while others are still in flight. */
  #rewindTo: number | undefined;
  #capacity = firstCapacity;

  constructor({ topic, partition, batchBytesMax, backlog, closed }: PartitionQueueOptions) {
    this.topic = topic;
    this.partition = partition;
    this.#batchBytesMax = batchBytesMax;
    this.#backlog = backlog;
    this.#closed = closed;
  }

  get hasWork(): boolean {
    return this.#filling !== undefined || this.#waiting.length > 0;
  }

  /** The moment when the oldest batch was begun; undefined without batches. */
  get oldestAt(): number | undefined {
    return (this.#inFlight[0] ?? this.#waiting[0] ?? this.#filling)?.createdAt;
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
    const batch = new ProducerBatch(builder, performance.now(), this.#backlog.takeOrder(), this.#backlog);
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
    if (this.#inFlight.length >= inFlightMax || (this.#rewindTo !== undefined && this.#inFlight.length > 0))
      return undefined;
    if (this.#waiting.length > 0) return this.notBefore;
    return this.#filling && Math.max(this.notBefore, this.#filling.createdAt + lingerMs);
  }

  /** The next batch, now in flight and with its sequence number. `readyAt` has come. */
  take(): ProducerBatch | undefined {
    this.#rewind();
    if (this.#waiting.length === 0) this.close();
    const batch = this.#waiting.shift();
    if (batch === undefined) return undefined;
    batch.baseSequence = this.#nextSequence;
    this.#nextSequence = (this.#nextSequence + batch.recordCount) % sequences;
    this.#inFlight.push(batch);
    return batch;
  }

  /** A batch is in the log. */
  acknowledged(batch: ProducerBatch): void {
    this.notBefore = 0;
    this.#land(batch);
  }

  /** A batch is given up and the broker did not take it: those behind it take its sequence numbers. */
  refused(batch: ProducerBatch): void {
    this.#rewindFrom(batch.baseSequence);
    this.#land(batch);
  }

  /** A batch, or the parts it was split into, goes back in front of what comes after it. */
  retry(batch: ProducerBatch, again: readonly ProducerBatch[] = [batch]): void {
    this.refused(batch);
    const found = this.#waiting.findIndex((other) => other.order > batch.order);
    this.#waiting.splice(found < 0 ? this.#waiting.length : found, 0, ...again);
  }

  /** Whether all batches before this one, which is in flight, have been answered well. */
  isFirstInFlight(batch: ProducerBatch): boolean {
    return this.#inFlight[0] === batch && this.#rewindTo === undefined;
  }

  /** Numbering begins anew, as it must with a new producer id. Nothing is in flight. */
  resetSequence(): void {
    this.#rewindTo = undefined;
    this.#nextSequence = 0;
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

  #rewindFrom(sequence: number): void {
    this.#rewindTo = this.#rewindTo === undefined ? sequence : Math.min(this.#rewindTo, sequence);
  }

  #rewind(): void {
    if (this.#rewindTo === undefined) return;
    this.#nextSequence = this.#rewindTo;
    this.#rewindTo = undefined;
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
