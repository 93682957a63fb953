// Batches as compaction leaves them behind: with fewer records, or none. Offsets, producer and sequence stay what they were.

import { crc32c } from "../../bytes/crc32c.ts";
import { type CompressionName, codecs } from "../../kafka/compression/codec.ts";
import { compress } from "../../kafka/compression/compress.ts";
import {
  type BatchHeader,
  batchAttribute,
  batchField,
  batchHeaderBytes,
  batchOverheadBytes,
} from "../../kafka/record-batch/batch-header.ts";
import {
  decodeZigzag,
  readRawVarint,
  readVarlong,
  varint,
  varlongBytes,
  writeRawVarint,
  writeVarlong,
} from "../../kafka/record-batch/varint.ts";

const codecNames: ReadonlyMap<number, CompressionName> = new Map(
  Object.entries(codecs).map(([name, codec]) => [codec, name as CompressionName]),
);
const noTimestamp = -1;

export interface KeptRecords {
  /** All records of the batch, decompressed. */
  readonly plain: Buffer;
  /** By place among the records that readers see; 0: the record goes. */
  readonly kept: Uint8Array;
  /** The largest of those that are kept. */
  readonly maxTimestamp: number;
  /** Of tombstones and markers; undefined: there is none. Epoch ms. */
  readonly deleteHorizonMs: number | undefined;
}

/** The batch with only some of its records, at least one. */
export function withKeptRecords(batch: Buffer, header: BatchHeader, records: KeptRecords): Buffer {
  const baseTimestamp = records.deleteHorizonMs ?? header.baseTimestamp;
  const { bytes, count } = keptBytes(header, records, baseTimestamp);
  const body = compress(codecNames.get(header.codec) ?? "none", bytes);
  const rewritten = Buffer.concat([batch.subarray(0, batchHeaderBytes), body]);
  const horizon = records.deleteHorizonMs === undefined ? 0 : batchAttribute.deleteHorizon;
  rewritten.writeInt16BE((header.attributes & ~batchAttribute.deleteHorizon) | horizon, batchField.attributes);
  rewritten.writeBigInt64BE(BigInt(baseTimestamp), batchField.baseTimestamp);
  // With the time of appending all records have the batch's.
  const maxTimestamp = header.timestampType === "append" ? header.maxTimestamp : records.maxTimestamp;
  rewritten.writeBigInt64BE(BigInt(maxTimestamp), batchField.maxTimestamp);
  rewritten.writeInt32BE(count, batchField.recordCount);
  return sealed(rewritten);
}

/** The batch without records: it keeps what its producer did. */
export function emptied(batch: Buffer, header: BatchHeader): Buffer {
  const empty = Buffer.from(batch.subarray(0, batchHeaderBytes));
  const gone = batchAttribute.codecMask | batchAttribute.deleteHorizon;
  empty.writeInt16BE(header.attributes & ~gone, batchField.attributes);
  return sealedWithoutRecords(empty);
}

/** A batch of nobody without records, at the offset alone: it says that the log goes up to there. */
export function emptyBatchAt(offset: number): Buffer {
  const empty = Buffer.alloc(batchHeaderBytes);
  empty.writeBigInt64BE(BigInt(offset), batchField.baseOffset);
  empty.writeInt8(2, batchField.magic);
  empty.writeBigInt64BE(-1n, batchField.producerId);
  empty.writeInt16BE(-1, batchField.producerEpoch);
  empty.writeInt32BE(-1, batchField.baseSequence);
  return sealedWithoutRecords(empty);
}

function sealedWithoutRecords(empty: Buffer): Buffer {
  empty.writeBigInt64BE(BigInt(noTimestamp), batchField.baseTimestamp);
  empty.writeBigInt64BE(BigInt(noTimestamp), batchField.maxTimestamp);
  empty.writeInt32BE(0, batchField.recordCount);
  return sealed(empty);
}

/** Writes length and checksum. */
function sealed(batch: Buffer): Buffer {
  batch.writeInt32BE(batch.length - batchOverheadBytes, batchField.length);
  batch.writeUInt32BE(crc32c(batch, batchField.attributes), batchField.crc);
  return batch;
}

/** The records that stay, one after the other; their times are told from another base. */
function keptBytes(
  header: BatchHeader,
  { plain, kept }: KeptRecords,
  baseTimestamp: number,
): { readonly bytes: Buffer; readonly count: number } {
  const timestampBytesMax = 10;
  const bytes = Buffer.allocUnsafe(plain.length + header.recordCount * timestampBytesMax);
  let [from, to, count, place, offsetBefore] = [0, 0, 0, 0, -1];
  for (let i = 0; i < header.recordCount; i++) {
    const recordBytes = readRawVarint(plain, from) / 2;
    const start = varint.end;
    from = start + recordBytes;
    const delta = header.baseTimestamp - baseTimestamp + readVarlong(plain, start + 1);
    const rest = varint.end;
    const offset = decodeZigzag(readRawVarint(plain, rest));
    // Readers pass over records whose offsets do not rise: they are not counted, and go.
    if (offset <= offsetBefore) continue;
    offsetBefore = offset;
    if (kept[place++] === 0) continue;
    const rawLength = 2 * (1 + varlongBytes(delta) + from - rest);
    to = writeRawVarint(bytes, to, rawLength);
    bytes[to++] = plain[start] as number;
    to = writeVarlong(bytes, to, delta);
    to += plain.copy(bytes, to, rest, from);
    count++;
  }
  return { bytes: bytes.subarray(0, to), count };
}
