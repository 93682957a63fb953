import { DStreamError } from "../../errors/dstream-error.ts";
import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";
import {
  type BatchHeader,
  batchAttribute,
  batchField,
  batchHeaderBytes,
  checkBatchCrc,
  readBatchHeader,
  wholeBatchBytes,
} from "../../kafka/record-batch/batch-header.ts";
import { buildControlBatch } from "../../kafka/record-batch/control-batch.ts";
import { crc32c } from "../../kafka/record-batch/crc32c.ts";
import { FileStorage, type LogStorage, MemoryStorage } from "./log-storage.ts";
import { ProducerState } from "./producer-state.ts";

/** A batch of the log. */
interface Entry {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
  readonly bytes: number;
  readonly position: number;
}

export interface AbortedRange {
  readonly producerId: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

export interface AppendResult {
  readonly errorCode: number;
  readonly baseOffset: number;
}

export interface LogLimits {
  readonly maxMessageBytes: number;
  readonly usesAppendTime: boolean;
}

const at = { topic: "log", partition: 0 };

/** One partition: batches in order of their offsets, producers, and open and aborted transactions. */
export class PartitionLog {
  readonly #storage: LogStorage;
  readonly #entries: Entry[] = [];
  readonly #producers = new Map<number, ProducerState>();
  /** First offset of each open transaction, by producer. */
  readonly #open = new Map<number, number>();
  readonly #aborted: AbortedRange[] = [];
  readonly #waiting = new Set<() => void>();
  #nextOffset = 0;
  #deletedBelow = 0;
  bytes = 0;

  /** With a path the log is a file, whose whole batches are recovered and whose torn end is cut off. */
  constructor(path?: string) {
    if (path === undefined) {
      this.#storage = new MemoryStorage();
      return;
    }
    const file = new FileStorage(path);
    this.#storage = file;
    this.#recover(file, file.contents(path));
  }

  get startOffset(): number {
    return Math.max(this.#entries[0]?.baseOffset ?? this.#nextOffset, this.#deletedBelow);
  }

  get endOffset(): number {
    return this.#nextOffset;
  }

  /** Below it all transactions have ended. */
  get lastStableOffset(): number {
    return Math.min(this.#nextOffset, ...this.#open.values());
  }

  /** Producers with an open transaction. */
  get openProducers(): number[] {
    return [...this.#open.keys()];
  }

  /** Appends the batches of a produce request. The bytes become the log's own. */
  append(records: Buffer, limits: LogLimits): AppendResult {
    let baseOffset = -1;
    for (let start = 0; start < records.length; ) {
      const result = this.#appendNext(records, start, limits);
      if (result.errorCode !== 0) return result;
      if (baseOffset < 0) baseOffset = result.baseOffset;
      start = result.end;
    }
    if (baseOffset < 0) return { errorCode: kafkaErrors.INVALID_RECORD.code, baseOffset };
    this.#wake();
    return { errorCode: 0, baseOffset };
  }

  #appendNext(records: Buffer, start: number, limits: LogLimits): AppendResult & { readonly end: number } {
    const failed = (errorCode: number): AppendResult & { readonly end: number } => ({
      errorCode,
      baseOffset: -1,
      end: records.length,
    });
    let header: BatchHeader;
    try {
      const bytes = wholeBatchBytes(records, start, records.length, at);
      if (bytes === undefined) return failed(kafkaErrors.CORRUPT_MESSAGE.code);
      if (bytes > limits.maxMessageBytes) return failed(kafkaErrors.MESSAGE_TOO_LARGE.code);
      header = readBatchHeader(records, start, start + bytes, at);
      checkBatchCrc(records, header, at);
    } catch (error) {
      const isOld = error instanceof DStreamError && error.code === "NOT_SUPPORTED";
      return failed(isOld ? kafkaErrors.UNSUPPORTED_FOR_MESSAGE_FORMAT.code : kafkaErrors.CORRUPT_MESSAGE.code);
    }
    // Markers are the broker's own: a client's would end transactions of others.
    if (header.isControl || header.recordCount !== header.lastOffsetDelta + 1)
      return failed(kafkaErrors.INVALID_RECORD.code);
    const producer = this.#producers.get(header.producerId);
    if (header.producerId >= 0 && producer !== undefined) {
      const duplicate = producer.duplicateOf(header);
      if (duplicate !== undefined) return { errorCode: 0, baseOffset: duplicate, end: header.end };
      const errorCode = producer.check(header);
      if (errorCode !== 0) return failed(errorCode);
    }
    const batch = records.subarray(header.start, header.end);
    const now = limits.usesAppendTime ? stampAppendTime(batch, header) : header.maxTimestamp;
    return { errorCode: 0, baseOffset: this.#write(batch, header, now), end: header.end };
  }

  /** Ends a producer's transaction with a marker; nothing happens where it has none. */
  endTransaction(producerId: number, producerEpoch: number, type: "commit" | "abort"): void {
    if (!this.#open.has(producerId)) return;
    const marker = buildControlBatch({ type, producerId, producerEpoch, timestamp: Date.now() });
    const header = readBatchHeader(marker, 0, marker.length, at);
    this.#write(marker, header, header.maxTimestamp);
    this.#wake();
  }

  #write(batch: Buffer, header: BatchHeader, maxTimestamp: number): number {
    const baseOffset = this.#nextOffset;
    batch.writeBigInt64BE(BigInt(baseOffset), batchField.baseOffset);
    batch.writeInt32BE(0, batchField.partitionLeaderEpoch);
    this.#index(batch, header, baseOffset, maxTimestamp, this.#storage.append(batch));
    return baseOffset;
  }

  #index(batch: Buffer, header: BatchHeader, baseOffset: number, maxTimestamp: number, position: number): void {
    const { producerId } = header;
    const lastOffset = baseOffset + header.lastOffsetDelta;
    this.#entries.push({ baseOffset, lastOffset, maxTimestamp, bytes: batch.length, position });
    this.#nextOffset = lastOffset + 1;
    this.bytes += batch.length;
    if (producerId < 0) return;
    const producer = this.#producers.get(producerId) ?? new ProducerState(header.producerEpoch);
    this.#producers.set(producerId, producer);
    producer.appended(header, baseOffset);
    if (header.isControl) this.#closed(producerId, lastOffset, isAbortMarker(batch));
    else if (header.isTransactional && !this.#open.has(producerId)) this.#open.set(producerId, baseOffset);
  }

  #closed(producerId: number, lastOffset: number, isAborted: boolean): void {
    const firstOffset = this.#open.get(producerId);
    this.#open.delete(producerId);
    if (isAborted && firstOffset !== undefined) this.#aborted.push({ producerId, firstOffset, lastOffset });
  }

  /** Whole batches from the one with `offset` on, below `limit`; the first even if larger than `maxBytes`. */
  read(
    offset: number,
    limit: number,
    maxBytes: number,
  ): { readonly batches: Buffer[]; readonly bytes: number; readonly lastOffset: number } {
    const batches: Buffer[] = [];
    let bytes = 0;
    let lastOffset = offset;
    for (let i = this.#find(offset); i < this.#entries.length; i++) {
      const entry = this.#entries[i] as Entry;
      if (entry.baseOffset >= limit || (bytes > 0 && bytes + entry.bytes > maxBytes)) break;
      batches.push(this.#storage.read(entry.position, entry.bytes));
      bytes += entry.bytes;
      lastOffset = entry.lastOffset;
    }
    return { batches, bytes, lastOffset };
  }

  /** Bytes that a read would give, counted up to `enough`. */
  available(offset: number, limit: number, enough: number): number {
    let bytes = 0;
    for (let i = this.#find(offset); i < this.#entries.length && bytes < enough; i++) {
      const entry = this.#entries[i] as Entry;
      if (entry.baseOffset >= limit) break;
      bytes += entry.bytes;
    }
    return bytes;
  }

  abortedBetween(fromOffset: number, lastOffset: number): AbortedRange[] {
    return this.#aborted.filter((range) => range.lastOffset >= fromOffset && range.firstOffset <= lastOffset);
  }

  /** The first batch with a record as young as `timestamp`. */
  offsetAt(timestamp: number): { readonly offset: number; readonly timestamp: number } | undefined {
    const entry = this.#entries.find(({ maxTimestamp }) => maxTimestamp >= timestamp);
    return entry && { offset: entry.baseOffset, timestamp: entry.maxTimestamp };
  }

  /** Drops the oldest batch, unless it is the only one. Returns whether it did. */
  dropOldest(): boolean {
    if (this.#entries.length < 2) return false;
    const entry = this.#entries.shift() as Entry;
    this.#storage.drop(entry.position);
    this.bytes -= entry.bytes;
    return true;
  }

  /** The log starts at `offset` from now on; the batch that holds it stays whole, readers leave out what is before it. */
  deleteBelow(offset: number): void {
    this.#deletedBelow = Math.max(this.#deletedBelow, offset);
    while ((this.#entries[0]?.lastOffset ?? offset) < offset) {
      const entry = this.#entries.shift() as Entry;
      this.#storage.drop(entry.position);
      this.bytes -= entry.bytes;
    }
    this.#wake();
  }

  /** Calls back when something is appended. Returns the function that stops it. */
  onAppend(callback: () => void): () => void {
    this.#waiting.add(callback);
    return () => this.#waiting.delete(callback);
  }

  close(): void {
    this.#storage.close();
  }

  #wake(): void {
    for (const callback of [...this.#waiting]) callback();
  }

  /** Index of the first batch that reaches up to `offset`. */
  #find(offset: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle] as Entry).lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #recover(file: FileStorage, contents: Buffer): void {
    let start = 0;
    try {
      for (let bytes = wholeBatchBytes(contents, 0, contents.length, at); bytes !== undefined; ) {
        const header = readBatchHeader(contents, start, start + bytes, at);
        checkBatchCrc(contents, header, at);
        this.#index(contents.subarray(start, header.end), header, header.baseOffset, header.maxTimestamp, start);
        start = header.end;
        bytes = wholeBatchBytes(contents, start, contents.length, at);
      }
    } catch (error) {
      if (!(error instanceof DStreamError)) throw error;
    }
    if (start < contents.length) file.truncate(start);
  }
}

/** The type stands in the marker's key: its second byte from the end of "version, type". */
function isAbortMarker(batch: Buffer): boolean {
  // Length, attributes, two deltas and the key's length take a byte each; then the version (2 bytes) and the type (2 bytes).
  return batch.readInt16BE(batchHeaderBytes + 5 + 2) === 0;
}

function stampAppendTime(batch: Buffer, header: BatchHeader): number {
  const now = Date.now();
  batch.writeBigInt64BE(BigInt(now), batchField.maxTimestamp);
  batch.writeInt16BE(header.attributes | batchAttribute.logAppendTime, batchField.attributes);
  batch.writeUInt32BE(crc32c(batch, batchField.attributes), batchField.crc);
  return now;
}
