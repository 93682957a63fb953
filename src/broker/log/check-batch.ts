// Whether what a producer sends may stand in the log. As Kafka does, every record is looked at: what is in the log was checked once,
// and readers need not wonder who wrote it.
import { DStreamError } from "../../errors/dstream-error.ts";
import { codecs } from "../../kafka/compression/codec.ts";
import { compress } from "../../kafka/compression/compress.ts";
import { decompress } from "../../kafka/compression/decompress.ts";
import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";
import {
  type BatchHeader,
  batchAttribute,
  batchField,
  batchHeaderBytes,
  batchOverheadBytes,
  readBatchHeader,
  wholeBatchBytes,
} from "../../kafka/record-batch/batch-header.ts";
import { crc32c } from "../../kafka/record-batch/crc32c.ts";
import { RecordColumns } from "../../kafka/record-batch/record-columns.ts";
import { decodeRecords } from "../../kafka/record-batch/record-decoder.ts";
import type { LogConfig } from "./log-config.ts";

/** A batch that may be appended; its header is what the log will have. */
export interface GoodBatch {
  readonly batch: Buffer;
  readonly header: BatchHeader;
  readonly errorCode: 0;
}

export interface BadBatch {
  readonly errorCode: number;
  readonly message: string;
}

const at = { topic: "log", partition: 0, offset: 0 };
/** Every batch is decoded into these, one after the other; what an unusual one needed is let go. */
let columns = new RecordColumns();
const keptRecords = 100_000;
const noBytes = Buffer.alloc(0);

const bad = (name: keyof typeof kafkaErrors, message: string): BadBatch => ({
  errorCode: kafkaErrors[name].code,
  message,
});

/** Checks the records of a produce request for one partition. Their bytes may be changed. */
export function checkBatch(records: Buffer, config: LogConfig, nowMs: number): GoodBatch | BadBatch {
  if (records.length === 0) return bad("INVALID_RECORD", "there is no record batch");
  if (records.length > config.maxMessageBytes) return tooLarge(records, config);
  const framed = framedBatch(records);
  if ("errorCode" in framed) return framed;
  const { header } = framed;
  const problem = headerProblem(records, header);
  if (problem !== undefined) return problem;
  try {
    const start = records.subarray(batchHeaderBytes);
    const plain = header.codec === 0 ? start : decompress(header.codec, start, config.maxDecompressedBytes, at);
    decodeRecords(plain, 0, plain.length, header, columns, at);
    return recordsProblem(header, config, nowMs) ?? finished(records, header, plain, config, nowMs);
  } catch (error) {
    if (!(error instanceof DStreamError)) throw error;
    return error.code === "BATCH_TOO_LARGE"
      ? bad("MESSAGE_TOO_LARGE", `the batch decompresses to more than ${config.maxDecompressedBytes} bytes`)
      : bad("INVALID_RECORD", "the records of the batch are damaged");
  } finally {
    columns.bytes = noBytes;
    if (columns.keyStart.length > keptRecords) columns = new RecordColumns();
  }
}

/** The header of the one batch that fills `records`, its checksum verified. */
function framedBatch(records: Buffer): { readonly header: BatchHeader } | BadBatch {
  try {
    const bytes = wholeBatchBytes(records, 0, records.length, at);
    if (bytes === undefined) return bad("CORRUPT_MESSAGE", "the record batch is cut off");
    const isOurs = records.readInt8(batchField.magic) === 2;
    if (bytes < records.length && isOurs) return bad("INVALID_RECORD", "more than one record batch");
    if (isOurs && bytes >= batchHeaderBytes && !isWhole(records))
      return bad("CORRUPT_MESSAGE", "the checksum does not fit the batch");
    return { header: readBatchHeader(records, 0, bytes, at) };
  } catch (error) {
    if (!(error instanceof DStreamError)) throw error;
    if (error.code === "NOT_SUPPORTED")
      return bad("UNSUPPORTED_FOR_MESSAGE_FORMAT", "the message format is older than that of Kafka 0.11");
    // The checksum was right, so nothing was damaged: the producer says what cannot be.
    return records.length >= batchHeaderBytes && records.readInt8(batchField.magic) === 2
      ? bad("INVALID_RECORD", "the header of the batch contradicts itself")
      : bad("CORRUPT_MESSAGE", "these bytes are no record batch");
  }
}

function isWhole(batch: Buffer): boolean {
  return crc32c(batch, batchField.attributes) === batch.readUInt32BE(batchField.crc);
}

function headerProblem(records: Buffer, header: BatchHeader): BadBatch | undefined {
  // Markers are the broker's own: a client's would end transactions of others.
  if (header.isControl) return bad("INVALID_RECORD", "clients cannot write control records");
  if (header.baseOffset !== 0) return bad("INVALID_RECORD", `the base offset is ${header.baseOffset}, not 0`);
  if (header.recordCount <= 0 || header.recordCount !== header.lastOffsetDelta + 1)
    return bad("INVALID_RECORD", `${header.recordCount} records for ${header.lastOffsetDelta + 1} offsets`);
  if (header.producerId >= 0 && header.baseSequence < 0)
    return bad("INVALID_RECORD", `the sequence is ${header.baseSequence}`);
  return records.length < batchHeaderBytes ? bad("CORRUPT_MESSAGE", "the batch is cut off") : undefined;
}

/** What is wrong with the decoded records. Like Kafka, which cannot write compressed ones anew, we look at the offsets of these only. */
function recordsProblem(header: BatchHeader, config: LogConfig, nowMs: number): BadBatch | undefined {
  // They rise from 0 on at least, so that the last one and their number say whether all are as they must be.
  const isCounted = columns.passedOver === 0 && columns.offsetDelta[columns.count - 1] === header.lastOffsetDelta;
  if (header.codec !== 0 && !isCounted)
    return bad("UNKNOWN_SERVER_ERROR", "the offsets in the compressed batch do not count from 0");
  const [oldest, newest] = [nowMs - config.timestampBeforeMaxMs, nowMs + config.timestampAfterMaxMs];
  for (let i = 0; i < columns.count; i++) {
    if (config.isCompacted && (columns.keyLength[i] as number) < 0)
      return bad("INVALID_RECORD", `record ${i} has no key, but the topic is compacted`);
    const timestamp = header.baseTimestamp + (columns.timestampDelta[i] as number);
    if (config.usesAppendTime || timestamp === -1) continue;
    if (!Number.isSafeInteger(timestamp) || timestamp < oldest || timestamp > newest)
      return bad("INVALID_TIMESTAMP", `record ${i} has a timestamp that is out of the topic's range`);
  }
  return undefined;
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
  const attributes = (header.attributes & ~(batchAttribute.codecMask | batchAttribute.logAppendTime)) | codec | type;
  if (batch !== records || attributes !== header.attributes || maxTimestamp !== header.maxTimestamp) {
    batch.writeInt32BE(batch.length - batchOverheadBytes, batchField.length);
    batch.writeInt16BE(attributes, batchField.attributes);
    batch.writeBigInt64BE(BigInt(maxTimestamp), batchField.maxTimestamp);
    batch.writeUInt32BE(crc32c(batch, batchField.attributes), batchField.crc);
  }
  return { batch, header: { ...header, end: batch.length, codec, attributes, maxTimestamp }, errorCode: 0 };
}

function tooLarge(batch: Buffer, { maxMessageBytes }: LogConfig): BadBatch {
  return bad("MESSAGE_TOO_LARGE", `the batch has ${batch.length} bytes, max.message.bytes is ${maxMessageBytes}`);
}

function largestTimestamp(header: BatchHeader): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < columns.count; i++) largest = Math.max(largest, columns.timestampDelta[i] as number);
  return header.baseTimestamp + largest;
}
