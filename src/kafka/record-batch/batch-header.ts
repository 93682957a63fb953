// The fixed part of a record batch, format version 2 (magic 2), the only one Kafka has written since 0.11. Everything from
// `attributes` on is covered by the checksum; base offset, length, leader epoch and magic stand before it, so a broker sets
// them without computing it again.

import { crc32c, isOneBit } from "../../bytes/crc32c.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { TopicPartition } from "../types.ts";
import { corruptBatch } from "./batch-error.ts";

/** Byte positions of the fields, from the start of the batch. */
export const batchField = {
  baseOffset: 0,
  length: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const;

/** Bytes before the first record. */
export const batchHeaderBytes = 61;

/** Base offset and length: what is not counted in the length field. */
export const batchOverheadBytes = 12;

/** Bits of the attributes. */
export const batchAttribute = {
  codecMask: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  /** Compaction wrote it: the base timestamp is the time from which tombstones and markers of the batch may go. */
  deleteHorizon: 0x40,
} as const;

/** The fields of one batch, and where it stands in its buffer. */
export interface BatchHeader {
  /** Position of the batch's first byte, and of the byte behind its last. */
  readonly start: number;
  readonly end: number;
  readonly baseOffset: number;
  readonly partitionLeaderEpoch: number;
  readonly crc: number;
  readonly attributes: number;
  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd; others are refused when the records are read. */
  readonly codec: number;
  /** With "append" every record has the batch's `maxTimestamp`. */
  readonly timestampType: "create" | "append";
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  /** Offset of the last record, present or compacted away, minus the base offset. */
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  /** -1 without idempotence. */
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  /** What the batch claims; looked at when the records are read. */
  readonly recordCount: number;
}

/**
 * The length in bytes of the batch at `start`, or undefined where `end` comes before the batch does: the broker may cut the
 * last batch of a response off. @throws CORRUPT_BATCH for a length too small for a batch.
 */
export function wholeBatchBytes(buffer: Buffer, start: number, end: number, at: TopicPartition): number | undefined {
  if (end - start < batchOverheadBytes) return undefined;
  const length = buffer.readInt32BE(start + batchField.length);
  // 17 bytes reach up to and including the magic: an older format may be this short, and is told apart by the magic.
  if (length < 17 - batchOverheadBytes) {
    throw corruptBatch(at, readBaseOffset(buffer, start), `its length field says ${length} bytes`);
  }
  return length > end - start - batchOverheadBytes ? undefined : length + batchOverheadBytes;
}

/**
 * Reads and checks the header of the batch that fills `buffer[start, end)`.
 *
 * @throws NOT_SUPPORTED for the message formats before Kafka 0.11; CORRUPT_BATCH for anything no producer writes.
 */
export function readBatchHeader(buffer: Buffer, start: number, end: number, at: TopicPartition): BatchHeader {
  const baseOffset = readBaseOffset(buffer, start);
  checkMagic(buffer.readInt8(start + batchField.magic), baseOffset, at);
  if (end - start < batchHeaderBytes) {
    throw corruptBatch(at, baseOffset, `${end - start} bytes are too few for its header of ${batchHeaderBytes}`);
  }
  const attributes = buffer.readInt16BE(start + batchField.attributes);
  const header: BatchHeader = {
    start,
    end,
    baseOffset,
    partitionLeaderEpoch: buffer.readInt32BE(start + batchField.partitionLeaderEpoch),
    crc: buffer.readUInt32BE(start + batchField.crc),
    attributes,
    codec: attributes & batchAttribute.codecMask,
    timestampType: attributes & batchAttribute.logAppendTime ? "append" : "create",
    isTransactional: (attributes & batchAttribute.transactional) !== 0,
    isControl: (attributes & batchAttribute.control) !== 0,
    lastOffsetDelta: buffer.readInt32BE(start + batchField.lastOffsetDelta),
    baseTimestamp: readLong(buffer, start + batchField.baseTimestamp),
    maxTimestamp: readLong(buffer, start + batchField.maxTimestamp),
    producerId: readLong(buffer, start + batchField.producerId),
    producerEpoch: buffer.readInt16BE(start + batchField.producerEpoch),
    baseSequence: buffer.readInt32BE(start + batchField.baseSequence),
    recordCount: buffer.readInt32BE(start + batchField.recordCount),
  };
  checkHeader(header, at);
  return header;
}

/** The offset behind the batch: where reading goes on after it. */
export function nextOffset(header: BatchHeader): number {
  return header.baseOffset + header.lastOffsetDelta + 1;
}

/**
 * Whether a batch whose checksum does not fit has a header that can be believed: it does not contradict itself, and no bit of it is
 * the one that was flipped.
 */
export function isHeaderWhole(buffer: Buffer, header: BatchHeader): boolean {
  const { start, end, attributes, codec, lastOffsetDelta, recordCount, crc } = header;
  if (attributes >> 7 !== 0 || codec > 4 || recordCount < 0 || recordCount > lastOffsetDelta + 1) return false;
  if (header.producerId < -1 || header.producerEpoch < -1 || header.baseSequence < -1) return false;
  const difference = crc32c(buffer, start + batchField.attributes, end) ^ crc;
  return !isOneBit(difference, end - start - batchHeaderBytes, batchHeaderBytes - batchField.attributes);
}

/** @throws CORRUPT_BATCH where the checksum does not fit the bytes. */
export function checkBatchCrc(buffer: Buffer, header: BatchHeader, at: TopicPartition): void {
  const computed = crc32c(buffer, header.start + batchField.attributes, header.end);
  if (computed === header.crc) return;
  const hex = (crc: number): string => crc.toString(16).padStart(8, "0");
  throw corruptBatch(at, header.baseOffset, `its checksum says ${hex(header.crc)}, its bytes give ${hex(computed)}`);
}

function checkMagic(magic: number, baseOffset: number, at: TopicPartition): void {
  if (magic === 2) return;
  if (magic !== 0 && magic !== 1) throw corruptBatch(at, baseOffset, `its format version (magic) is ${magic}`);
  throw new DStreamError(
    "NOT_SUPPORTED",
    `message at ${at.topic}-${at.partition}@${baseOffset} has the format of Kafka before 0.11 (magic ${magic}); copy the topic to a new one with a current producer, or begin behind these messages with startingOffsets`,
    { data: { topic: at.topic, partition: at.partition, offset: baseOffset } },
  );
}

function checkHeader(header: BatchHeader, at: TopicPartition): void {
  const fail = (problem: string): never => {
    throw corruptBatch(at, header.baseOffset, problem);
  };
  if (header.baseOffset < 0 || !Number.isSafeInteger(header.baseOffset + header.lastOffsetDelta)) {
    fail(`its base offset ${header.baseOffset} is outside of what can be counted`);
  }
  // Where it ends is where reading goes on.
  if (header.lastOffsetDelta < 0) fail(`its last offset delta is ${header.lastOffsetDelta}`);
}

function readBaseOffset(buffer: Buffer, start: number): number {
  return readLong(buffer, start + batchField.baseOffset);
}

/** Without a BigInt; beyond 2^53 the nearest number. */
function readLong(buffer: Buffer, position: number): number {
  return buffer.readInt32BE(position) * 2 ** 32 + buffer.readUInt32BE(position + 4);
}
