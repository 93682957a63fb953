// Whether what a producer sends may stand in the log. As Kafka does, every record is looked at: what is in the log was checked once,
// and readers need not wonder who wrote it.

import { crc32c } from "../../../bytes/crc32c.ts";
import { DStreamError } from "../../../errors/dstream-error.ts";
import { codecs } from "../../../kafka/compression/codec.ts";
import { compress } from "../../../kafka/compression/compress.ts";
import { decompress } from "../../../kafka/compression/decompress.ts";
import {
  type BatchHeader,
  batchAttribute,
  batchField,
  batchHeaderBytes,
  batchOverheadBytes,
  readBatchHeader,
} from "../../../kafka/record-batch/batch-header.ts";
import { RecordColumns } from "../../../kafka/record-batch/record-columns.ts";
import { decodeRecords } from "../../../kafka/record-batch/record-decoder.ts";
import { decodeHeaders } from "../../../kafka/record-batch/record-headers.ts";
import type { LogConfig } from "../log-config.ts";
import { type BadBatch, badBatch, type RecordError } from "./framed-batch.ts";
import { isLz4ForJava } from "./java-lz4.ts";

/** A batch that may be appended; its header is what the log will have. */
export interface GoodBatch {
  readonly batch: Buffer;
  readonly header: BatchHeader;
  readonly errorCode: 0;
}

const at = { topic: "log", partition: 0, offset: 0 };
/** Every batch is decoded into these, one after the other; what an unusual one needed is let go. */
let columns = new RecordColumns();
const keptRecords = 100_000;
/** So many of the wrong records of a batch are named. */
const namedRecords = 100;
const noBytes = Buffer.alloc(0);

/** Checks a whole batch that a producer sent. Its bytes may be changed. */
export function checkBatch(batch: Buffer, config: LogConfig, nowMs: number): GoodBatch | BadBatch {
  const problem = bytesProblem(batch, config);
  if (problem !== undefined) return problem;
  try {
    const header = readBatchHeader(batch, 0, batch.length, at);
    return headerProblem(header) ?? withRecords(batch, header, config, nowMs);
  } catch (error) {
    if (!(error instanceof DStreamError)) throw error;
    // The checksum was right, so nothing was damaged on the way: the producer says what cannot be.
    return badBatch("INVALID_RECORD", `the batch contradicts itself: ${error.message}`);
  }
}

/** What is wrong with the batch before its fields are believed. The order is Kafka's. */
function bytesProblem(batch: Buffer, config: LogConfig): BadBatch | undefined {
  const baseOffset = batch.readBigInt64BE(batchField.baseOffset);
  if (baseOffset !== 0n) return badBatch("INVALID_RECORD", `the base offset is ${baseOffset}, not 0`);
  if (batch.length > config.maxMessageBytes) return tooLarge(batch, config);
  if (batch.length < batchHeaderBytes || crc32c(batch, batchField.attributes) !== batch.readUInt32BE(batchField.crc))
    return badBatch("CORRUPT_MESSAGE", "the checksum does not fit the batch");
  const codec = batch.readInt16BE(batchField.attributes) & batchAttribute.codecMask;
  return codec > codecs.zstd ? badBatch("UNKNOWN_SERVER_ERROR", `the compression codec is ${codec}`) : undefined;
}

function headerProblem(header: BatchHeader): BadBatch | undefined {
  // Markers are the broker's own: a client's would end transactions of others.
  if (header.isControl) return badBatch("INVALID_RECORD", "clients cannot write control records");
  if (header.recordCount <= 0 || header.recordCount !== header.lastOffsetDelta + 1)
    return badBatch("INVALID_RECORD", `${header.recordCount} records for ${header.lastOffsetDelta + 1} offsets`);
  return header.producerId >= 0 && header.baseSequence < 0
    ? badBatch("INVALID_RECORD", `the sequence is ${header.baseSequence}`)
    : undefined;
}

/** @throws CORRUPT_BATCH where the records are damaged. */
function withRecords(batch: Buffer, header: BatchHeader, config: LogConfig, nowMs: number): GoodBatch | BadBatch {
  const plain = plainRecords(batch.subarray(batchHeaderBytes), header.codec, config.maxDecompressedBytes);
  if ("errorCode" in plain) return plain;
  try {
    decodeRecords(plain, 0, plain.length, header, columns, at);
    for (let i = 0; i < columns.count; i++) decodeHeaders(columns, i, at);
    return recordsProblem(header, config, nowMs) ?? finished(batch, header, plain, config, nowMs);
  } finally {
    columns.bytes = noBytes;
    if (columns.keyStart.length > keptRecords) columns = new RecordColumns();
  }
}

/** As Kafka, the broker says of what cannot be decompressed only that something went wrong. */
function plainRecords(records: Buffer, codec: number, maxBytes: number): Buffer | BadBatch {
  if (codec === codecs.none) return records;
  try {
    const plain = decompress(codec, records, maxBytes, at);
    return codec === codecs.lz4 && !isLz4ForJava(records)
      ? badBatch("UNKNOWN_SERVER_ERROR", "the LZ4 frame is of a kind that the Java client cannot read")
      : plain;
  } catch (error) {
    if (!(error instanceof DStreamError)) throw error;
    return error.code === "BATCH_TOO_LARGE"
      ? badBatch("MESSAGE_TOO_LARGE", `the batch decompresses to more than ${maxBytes} bytes`)
      : badBatch("UNKNOWN_SERVER_ERROR", "the records of the batch cannot be decompressed");
  }
}

/** What is wrong with the decoded records. Like Kafka, which cannot write compressed ones anew, we look at the offsets of these only. */
function recordsProblem(header: BatchHeader, config: LogConfig, nowMs: number): BadBatch | undefined {
  // They rise from 0 on at least, so that the last one and their number say whether all are as they must be.
  const isCounted = columns.passedOver === 0 && columns.offsetDelta[columns.count - 1] === header.lastOffsetDelta;
  if (header.codec !== 0 && !isCounted)
    return badBatch("UNKNOWN_SERVER_ERROR", "the offsets in the compressed batch do not count from 0");
  const [oldest, newest] = [nowMs - config.timestampBeforeMaxMs, nowMs + config.timestampAfterMaxMs];
  const keyless: RecordError[] = [];
  const untimely: RecordError[] = [];
  for (let index = 0; index < columns.count; index++) {
    if (config.isCompacted && (columns.keyLength[index] as number) < 0)
      keyless.push({ index, message: "Compacted topic cannot accept message without key" });
    const timestamp = header.baseTimestamp + (columns.timestampDelta[index] as number);
    if (config.usesAppendTime || timestamp === -1) continue;
    if (!Number.isSafeInteger(timestamp) || timestamp < oldest || timestamp > newest)
      untimely.push({ index, message: `Timestamp ${timestamp} is not within [${oldest}, ${newest}]` });
  }
  if (keyless.length > 0) return rejected("INVALID_RECORD", "have no key, but the topic is compacted", keyless);
  return untimely.length > 0 ? rejected("INVALID_TIMESTAMP", "have invalid timestamps", untimely) : undefined;
}

function rejected(
  name: "INVALID_RECORD" | "INVALID_TIMESTAMP",
  what: string,
  records: readonly RecordError[],
): BadBatch {
  const message = `One or more records have been rejected: ${records.length} ${what}`;
  return { ...badBatch(name, message), records: records.slice(0, namedRecords) };
}

/** Sets what is the broker's to say: timestamps, and the topic's codec. */
function finished(
  records: Buffer,
  header: BatchHeader,
  plain: Buffer,
  config: LogConfig,
  nowMs: number,
): GoodBatch | BadBatch {
  const maxTimestamp = config.usesAppendTime ? nowMs : largestTimestamp(header);
  const { compression } = config;
  const codec = compression === "producer" ? header.codec : codecs[compression];
  let batch = records;
  if (codec !== header.codec) {
    const body = compression === "producer" || compression === "none" ? plain : compress(compression, plain);
    batch = Buffer.concat([records.subarray(0, batchHeaderBytes), body]);
  }
  if (batch.length > config.maxMessageBytes) return tooLarge(batch, config);
  const type = config.usesAppendTime ? batchAttribute.logAppendTime : 0;
  const own = batchAttribute.codecMask | batchAttribute.logAppendTime | batchAttribute.deleteHorizon;
  const attributes = (header.attributes & ~own) | codec | type;
  if (batch !== records || attributes !== header.attributes || maxTimestamp !== header.maxTimestamp) {
    batch.writeInt32BE(batch.length - batchOverheadBytes, batchField.length);
    batch.writeInt16BE(attributes, batchField.attributes);
    batch.writeBigInt64BE(BigInt(maxTimestamp), batchField.maxTimestamp);
    batch.writeUInt32BE(crc32c(batch, batchField.attributes), batchField.crc);
  }
  return { batch, header: { ...header, end: batch.length, codec, attributes, maxTimestamp }, errorCode: 0 };
}

function tooLarge(batch: Buffer, { maxMessageBytes }: LogConfig): BadBatch {
  return badBatch("MESSAGE_TOO_LARGE", `the batch has ${batch.length} bytes, max.message.bytes is ${maxMessageBytes}`);
}

function largestTimestamp(header: BatchHeader): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < columns.count; i++) largest = Math.max(largest, columns.timestampDelta[i] as number);
  return header.baseTimestamp + largest;
}
