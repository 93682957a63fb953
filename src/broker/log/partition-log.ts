import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";
import { type BatchHeader, batchField, readBatchHeader } from "../../kafka/record-batch/batch-header.ts";
import { buildControlBatch } from "../../kafka/record-batch/control-batch.ts";
import type { Clock } from "../../runtime/machine/clock.ts";
import type { Machine } from "../../runtime/machine/machine.ts";
import { checkBatch } from "./batches/check-batch.ts";
import { type BadBatch, badBatch, type RecordError } from "./batches/framed-batch.ts";
import { firstAsYoung, type TimestampedOffset, youngest } from "./batches/record-time.ts";
import { type LeaderEpoch, LeaderEpochs } from "./leader-epochs.ts";
import type { LogConfig } from "./log-config.ts";
import { MemoryUse } from "./memory-use.ts";
import { type AbortedRange, ProducerCount, ProducerTable } from "./producer-table.ts";
import { FileStore } from "./segments/file-store.ts";
import { MemoryStore } from "./segments/memory-store.ts";
import { recoverSegments } from "./segments/recover-segments.ts";
import type { Segment, SegmentRead } from "./segments/segment.ts";
import type { SegmentStore } from "./segments/segment-store.ts";

export interface AppendResult {
  readonly errorCode: number;
  readonly message?: string;
  readonly records?: readonly RecordError[];
  readonly baseOffset: number;
  /** Of the log; −1 where an error leaves it out. */
  readonly startOffset: number;
  /** −1 unless the topic's records have the time of their appending. */
  readonly appendTimeMs: number;
}

/** A folder, or memory that all logs share. */
export type LogPlace = { readonly dir: string } | MemoryUse;

/** One partition: segments of batches, what its producers did, and who waits for more. */
export class PartitionLog {
  config: LogConfig;
  readonly producers: ProducerTable;
  readonly epochs = new LeaderEpochs();
  readonly #clock: Clock;
  readonly #store: SegmentStore;
  readonly #memory: MemoryUse | undefined;
  readonly #segments: Segment[] = [];
  readonly #waiting = new Set<() => void>();
  /** Below it every key was compacted, at some time. */
  cleanedBelow = 0;
  #deletedBelow = 0;
  #unsynced = 0;
  #isClosed = false;

  /** In a folder, what is there is recovered. */
  constructor(
    place: LogPlace,
    config: LogConfig,
    machine: Pick<Machine, "clock" | "syncFiles">,
    producers: ProducerCount = new ProducerCount(),
  ) {
    this.#clock = machine.clock;
    this.config = config;
    this.producers = new ProducerTable(producers);
    if (place instanceof MemoryUse) {
      this.#memory = place;
      this.#store = new MemoryStore(place.segmentBytes, machine.clock);
    } else {
      const store = new FileStore(place.dir, machine);
      this.#store = store;
      this.#segments.push(...recoverSegments(store, this.producers));
    }
    if (this.#segments.length === 0) this.#begin(0, 0);
  }

  /** Oldest first; never empty, and the last is the one that is appended to. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get startOffset(): number {
    return Math.max((this.#segments[0] as Segment).baseOffset, this.#deletedBelow);
  }

  get endOffset(): number {
    return this.#active.nextOffset;
  }

  /** Whether clients write to this replica and read from it. */
  get isLeader(): boolean {
    return true;
  }

  get leaderEpoch(): number {
    return this.epochs.current;
  }

  /** Readers see what is below it: where there are no other replicas, everything. */
  get highWatermark(): number {
    return this.endOffset;
  }

  /** Below it all transactions have ended. */
  get lastStableOffset(): number {
    return Math.max(this.startOffset, this.producers.firstOpenOffset ?? this.endOffset);
  }

  /** Bytes of all batches. */
  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** A segment in memory may have more, if it is a single batch. */
  get segmentBytes(): number {
    return Math.min(this.config.segmentBytes, this.#store.maxSegmentBytes);
  }

  /** The last segment is not compacted: so it does not grow for longer than its records may wait for that. */
  get #segmentMs(): number {
    const { isCompacted, segmentMs, maxCompactionLagMs } = this.config;
    return isCompacted ? Math.min(segmentMs, maxCompactionLagMs) : segmentMs;
  }

  get #active(): Segment {
    return this.#segments.at(-1) as Segment;
  }

  /** The broker was started again on the log's files: a new epoch of its leader begins. */
  beginEpoch(earlier: readonly LeaderEpoch[]): void {
    this.epochs.begin(earlier, this.endOffset);
    this.epochs.forget(this.startOffset);
  }

  /** Appends a whole batch. Its bytes are copied, and may be changed before. */
  append(sent: Buffer): AppendResult {
    const nowMs = this.#clock.now();
    const checked = checkBatch(sent, this.config, nowMs);
    if (!("batch" in checked)) return this.#refused(checked);
    const { batch, header } = checked;
    const { segmentBytes } = this.config;
    if (batch.length > segmentBytes)
      return this.#refused(
        badBatch("RECORD_LIST_TOO_LARGE", `the batch has ${batch.length} bytes, segment.bytes is ${segmentBytes}`),
      );
    const appendTimeMs = this.config.usesAppendTime ? nowMs : -1;
    const duplicate = this.producers.duplicateOf(header);
    if (duplicate !== undefined)
      return { errorCode: 0, baseOffset: duplicate, startOffset: this.startOffset, appendTimeMs };
    const errorCode = this.producers.check(header);
    if (errorCode !== 0) return this.#refused({ errorCode });
    const baseOffset = this.#write(batch, header, false, nowMs);
    return { errorCode: 0, baseOffset, startOffset: this.startOffset, appendTimeMs };
  }

  /** Kafka tells the log's start with what its checks of records refuse, and not with what is too large or damaged. */
  #refused(problem: Pick<BadBatch, "errorCode"> & Partial<BadBatch>): AppendResult {
    const { errorCode } = problem;
    const { MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, CORRUPT_MESSAGE } = kafkaErrors;
    const bare: readonly number[] = [MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, CORRUPT_MESSAGE].map(({ code }) => code);
    const startOffset = bare.includes(errorCode) ? -1 : this.startOffset;
    return { ...problem, baseOffset: -1, startOffset, appendTimeMs: -1 };
  }

  /** Ends a producer's transaction with a marker, which also raises its epoch. */
  endTransaction(producerId: number, producerEpoch: number, type: "commit" | "abort"): void {
    const nowMs = this.#clock.now();
    const marker = buildControlBatch({ type, producerId, producerEpoch, timestamp: nowMs });
    this.#write(
      marker,
      readBatchHeader(marker, 0, marker.length, { topic: "", partition: 0 }),
      type === "abort",
      nowMs,
    );
  }

  #write(batch: Buffer, header: BatchHeader, isAbort: boolean, nowMs: number): number {
    if (this.#isFull(batch.length, nowMs)) this.#roll(this.#active.bytes.length);
    const baseOffset = this.endOffset;
    batch.writeBigInt64BE(BigInt(baseOffset), batchField.baseOffset);
    batch.writeInt32BE(this.epochs.current, batchField.partitionLeaderEpoch);
    const memoryBefore = this.#active.memoryBytes;
    this.#active.append(batch, baseOffset + header.lastOffsetDelta, header.maxTimestamp);
    this.#memory?.add(this.#active.memoryBytes - memoryBefore);
    this.producers.appended(header, baseOffset, isAbort, nowMs);
    this.#unsynced += header.lastOffsetDelta + 1;
    if (this.#unsynced >= this.config.flushMessages) this.#sync();
    this.#wake();
    return baseOffset;
  }

  #isFull(more: number, nowMs: number): boolean {
    const { bytes, createdMs } = this.#active;
    return bytes.length > 0 && (bytes.length + more > this.segmentBytes || nowMs - createdMs > this.#segmentMs);
  }

  #sync(): void {
    this.#active.bytes.sync();
    this.#unsynced = 0;
  }

  /** Begins the next segment. */
  #roll(expectedBytes: number): void {
    const full = this.#active;
    this.#checkpoint(full);
    this.#begin(full.nextOffset, expectedBytes);
    full.bytes.seal();
    full.cool();
    this.#unsynced = 0;
  }

  #begin(baseOffset: number, expectedBytes: number): void {
    const segment = this.#store.create(baseOffset, expectedBytes);
    this.#segments.push(segment);
    this.#memory?.add(segment.memoryBytes);
  }

  #checkpoint(segment: Segment): void {
    const aborted = this.#abortedIn(segment.baseOffset, segment.nextOffset);
    this.#store.checkpoint(segment, this.producers.snapshot(), aborted);
  }

  /** Transactions that ended in an abort between the offsets. */
  #abortedIn(fromOffset: number, untilOffset: number): AbortedRange[] {
    return this.producers
      .abortedBetween(fromOffset, untilOffset)
      .filter(({ lastOffset }) => lastOffset >= fromOffset && lastOffset < untilOffset);
  }

  /** Whole batches from the one with `offset` on, below `limit`, within `maxBytes`; with `atLeastOne` the first in any case. */
  read(offset: number, limit: number, maxBytes: number, atLeastOne: boolean): SegmentRead | undefined {
    if (offset >= limit) return undefined;
    const segment = this.#segments[this.#find(offset)] as Segment;
    const read = segment.read(offset, limit, maxBytes, atLeastOne);
    if (segment !== this.#active) segment.cool();
    return read;
  }

  /** Bytes that can be read from `offset` up to `limit`, counted up to `enough`. */
  available(offset: number, limit: number, enough: number): number {
    let bytes = 0;
    for (let i = this.#find(offset); i < this.#segments.length && bytes < enough && offset < limit; i++)
      bytes += (this.#segments[i] as Segment).available(offset, limit);
    return bytes;
  }

  abortedBetween(fromOffset: number, lastOffset: number): AbortedRange[] {
    return this.producers.abortedBetween(fromOffset, lastOffset);
  }

  /** The first record as young as `timestamp`. */
  offsetAt(timestamp: number): TimestampedOffset | undefined {
    const { startOffset } = this;
    for (const segment of this.#segments) {
      if (segment.maxTimestamp < timestamp) continue;
      for (const batch of segment.batchesAt(timestamp, startOffset)) {
        const found = firstAsYoung(batch, timestamp, startOffset);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  /** The first of the youngest records. */
  youngest(): TimestampedOffset | undefined {
    const [segment] = this.#segments.toSorted((a, b) => b.maxTimestamp - a.maxTimestamp);
    const [batch] = segment?.batchesAt(segment.maxTimestamp, segment.baseOffset) ?? [];
    return batch && youngest(batch);
  }

  /** The log starts at `offset` from now on; the batch that holds it stays whole, readers leave out what is before it. */
  deleteBelow(offset: number): void {
    if (offset > this.endOffset) this.#restart(offset);
    this.#deletedBelow = Math.max(this.#deletedBelow, offset);
    while (this.#segments.length > 1 && (this.#segments[0] as Segment).nextOffset <= offset) this.dropOldest();
    this.epochs.forget(this.startOffset);
    this.#wake();
  }

  /** The machine's death took records that had been deleted anyway: their offsets must not be given again. */
  #restart(offset: number): void {
    const lost = this.#segments.splice(0);
    this.#begin(offset, 0);
    for (const segment of lost) this.#discard(segment);
  }

  #discard(segment: Segment): void {
    this.#memory?.add(-segment.memoryBytes);
    this.#store.delete(segment);
  }

  /** Deletes the oldest segment; where it is the only one, a new one begins. */
  dropOldest(): void {
    if (this.#segments.length === 1) this.#roll(0);
    this.#discard(this.#segments.shift() as Segment);
    this.producers.forget(this.startOffset, this.#clock.now());
    this.epochs.forget(this.startOffset);
  }

  /** A segment that may take the place of some others, see `replace`. */
  createAside(baseOffset: number, expectedBytes: number): Segment {
    const aside = this.#store.createAside(baseOffset, expectedBytes);
    this.#memory?.add(expectedBytes);
    return aside;
  }

  /** Lets go of a segment that was made aside. */
  discardAside(aside: Segment, expectedBytes: number): void {
    this.#memory?.add(-expectedBytes);
    aside.bytes.delete();
  }

  /** Whether these are segments of the log still, and there is nothing between them. */
  has(segments: readonly Segment[]): boolean {
    const first = this.#segments.indexOf(segments[0] as Segment);
    return !this.#isClosed && first >= 0 && segments.every((segment, i) => this.#segments[first + i] === segment);
  }

  /** Puts a segment that was made aside in the place of those whose offsets it covers. */
  replace(replaced: readonly Segment[], aside: Segment, expectedBytes: number): void {
    const { baseOffset, nextOffset } = aside;
    const segment = this.#store.replace(replaced, aside, this.#abortedIn(baseOffset, nextOffset));
    this.#segments.splice(this.#segments.indexOf(replaced[0] as Segment), replaced.length, segment);
    const memoryBefore = replaced.reduce((sum, { memoryBytes }) => sum + memoryBytes, expectedBytes);
    segment.cool();
    this.#memory?.add(segment.memoryBytes - memoryBefore);
  }

  /** Calls back when something is appended, or the log's start or last stable offset moves. Returns the function that stops it. */
  onChange(callback: () => void): () => void {
    this.#waiting.add(callback);
    return () => this.#waiting.delete(callback);
  }

  /** Writes its files out; after that nothing of it may be used. */
  close(): void {
    this.#isClosed = true;
    for (const { bytes } of this.#segments) bytes.close();
    this.#checkpoint(this.#active);
  }

  /** Lets go of everything, files too. */
  delete(): void {
    this.#isClosed = true;
    for (const segment of this.#segments) this.#discard(segment);
    this.producers.clear();
    this.#wake();
  }

  #wake(): void {
    for (const callback of [...this.#waiting]) callback();
  }

  /** The segment with `offset`, or the first. */
  #find(offset: number): number {
    const next = this.#segments.findIndex(({ nextOffset }) => nextOffset > offset);
    return next < 0 ? this.#segments.length - 1 : next;
  }
}
