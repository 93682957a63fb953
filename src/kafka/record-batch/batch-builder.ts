// Encodes records straight into the bytes of a batch: the header's place is left free at the front and filled in by `finish`.
// The size of a record is computed exactly before anything is written, so a batch never passes its limit.

import { crc32c } from "../../bytes/crc32c.ts";
import { utf8Bytes, writeUtf8 } from "../../bytes/utf8.ts";
import { type CompressionName, codecs } from "../compression/codec.ts";
import { compress } from "../compression/compress.ts";
import { batchAttribute, batchField, batchHeaderBytes, batchOverheadBytes } from "./batch-header.ts";
import { rawVarintBytes, varlongBytes, writeRawVarint, writeVarlong } from "./varint.ts";

/** Text is written as UTF-8. */
export type Bytes = string | Uint8Array;
export type HeadersToWrite = readonly (readonly [string, Bytes | null])[];

/** Whose batch it is, for idempotence and transactions. */
export interface BatchProducer {
  /** -1 for none. */
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Number of the batch's first record within its partition and producer; -1 for none. */
  readonly baseSequence: number;
}

export interface FinishOptions extends BatchProducer {
  readonly compression?: CompressionName;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
}

const firstCapacity = 16 * 1024;
const loopBytesMax = 32;

/** One batch in the making. */
export class BatchBuilder {
  /** Limit of the finished batch in bytes, header included, before compression. */
  readonly maxBytes: number;
  #buffer: Buffer;
  #end = batchHeaderBytes;
  #recordCount = 0;
  #baseTimestamp = 0;
  #maxTimestamp = 0;

  constructor(maxBytes: number, capacity: number = firstCapacity) {
    this.maxBytes = maxBytes;
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(batchHeaderBytes, Math.min(maxBytes, capacity)));
  }

  get recordCount(): number {
    return this.#recordCount;
  }

  /** Bytes so far, header included, before compression. */
  get bytes(): number {
    return this.#end;
  }

  /** Appends a record; false, with nothing changed, where it would pass `maxBytes`. `timestamp` is epoch milliseconds. */
  tryAppend(key: Bytes | null, value: Bytes | null, timestamp: number, headers?: HeadersToWrite): boolean {
    const timestampDelta = this.#recordCount === 0 ? 0 : timestamp - this.#baseTimestamp;
    const rawOffsetDelta = 2 * this.#recordCount;
    const keyBytes = byteLength(key);
    const valueBytes = byteLength(value);
    const bodyBytes =
      1 +
      varlongBytes(timestampDelta) +
      rawVarintBytes(rawOffsetDelta) +
      fieldBytes(keyBytes) +
      fieldBytes(valueBytes) +
      (headers === undefined ? 1 : headersBytes(headers));
    const end = this.#end + rawVarintBytes(2 * bodyBytes) + bodyBytes;
    if (end > this.maxBytes) return false;
    if (end > this.#buffer.length) this.#grow(end);

    const buffer = this.#buffer;
    let position = writeRawVarint(buffer, this.#end, 2 * bodyBytes);
    buffer[position++] = 0;
    position = writeVarlong(buffer, position, timestampDelta);
    position = writeRawVarint(buffer, position, rawOffsetDelta);
    position = writeField(buffer, position, key, keyBytes);
    position = writeField(buffer, position, value, valueBytes);
    if (headers === undefined) buffer[position] = 0;
    else writeHeaders(buffer, position, headers);

    if (this.#recordCount++ === 0) {
      this.#baseTimestamp = timestamp;
      this.#maxTimestamp = timestamp;
    } else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
    this.#end = end;
    return true;
  }

  /** The finished batch, with base offset 0. The builder is used up: the batch may be a view of its bytes. */
  finish(options: FinishOptions): Buffer {
    const { compression = "none" } = options;
    let batch = this.#buffer.subarray(0, this.#end);
    if (compression !== "none") {
      const records = compress(compression, batch.subarray(batchHeaderBytes));
      batch = Buffer.concat([batch.subarray(0, batchHeaderBytes), records]);
    }
    const attributes =
      codecs[compression] |
      (options.isTransactional ? batchAttribute.transactional : 0) |
      (options.isControl ? batchAttribute.control : 0);
    batch.writeBigInt64BE(0n, batchField.baseOffset);
    batch.writeInt32BE(batch.length - batchOverheadBytes, batchField.length);
    batch.writeInt32BE(-1, batchField.partitionLeaderEpoch);
    batch.writeInt8(2, batchField.magic);
    batch.writeInt16BE(attributes, batchField.attributes);
    batch.writeInt32BE(this.#recordCount - 1, batchField.lastOffsetDelta);
    batch.writeBigInt64BE(BigInt(this.#baseTimestamp), batchField.baseTimestamp);
    batch.writeBigInt64BE(BigInt(this.#maxTimestamp), batchField.maxTimestamp);
    batch.writeInt32BE(this.#recordCount, batchField.recordCount);
    stampProducer(batch, options);
    return batch;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.min(this.maxBytes, Math.max(needed, 2 * this.#buffer.length)));
    this.#buffer.copy(grown, 0, 0, this.#end);
    this.#buffer = grown;
  }
}

/** Writes whose batch a finished batch is, and its checksum: again before each sending in which these have changed. */
export function stampProducer(batch: Buffer, { producerId, producerEpoch, baseSequence }: BatchProducer): void {
  batch.writeBigInt64BE(BigInt(producerId), batchField.producerId);
  batch.writeInt16BE(producerEpoch, batchField.producerEpoch);
  batch.writeInt32BE(baseSequence, batchField.baseSequence);
  batch.writeUInt32BE(crc32c(batch, batchField.attributes), batchField.crc);
}

/** Bytes of the content; -1 for null. */
function byteLength(content: Bytes | null): number {
  if (content === null) return -1;
  return typeof content === "string" ? utf8Bytes(content) : content.length;
}

/** Bytes of a field: its length, and its content. */
function fieldBytes(contentBytes: number): number {
  return contentBytes < 0 ? 1 : rawVarintBytes(2 * contentBytes) + contentBytes;
}

function writeField(buffer: Buffer, start: number, content: Bytes | null, bytes: number): number {
  if (content === null) {
    buffer[start] = 1;
    return start + 1;
  }
  const position = writeRawVarint(buffer, start, 2 * bytes);
  if (typeof content === "string") {
    writeUtf8(buffer, position, content, bytes);
  } else if (bytes > loopBytesMax) {
    buffer.set(content, position);
  } else {
    for (let i = 0; i < bytes; i++) buffer[position + i] = content[i] as number;
  }
  return position + bytes;
}

function headersBytes(headers: HeadersToWrite): number {
  let bytes = rawVarintBytes(2 * headers.length);
  for (const [name, value] of headers) bytes += fieldBytes(utf8Bytes(name)) + fieldBytes(byteLength(value));
  return bytes;
}

function writeHeaders(buffer: Buffer, start: number, headers: HeadersToWrite): void {
  let position = writeRawVarint(buffer, start, 2 * headers.length);
  for (const [name, value] of headers) {
    position = writeField(buffer, position, name, utf8Bytes(name));
    position = writeField(buffer, position, value, byteLength(value));
  }
}
