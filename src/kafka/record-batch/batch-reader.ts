// Reads the record batches of a fetch response. The order of the checks is the point: length, format, checksum, then the bound
// on the decompressed size, then the records; nothing is allocated on the word of bytes that were not checked. Header and
// records are two steps, so that a reader passes over control batches and aborted ones without decompressing them.
import { decompress } from "../compression/decompress.ts";
import type { TopicPartition } from "../types.ts";
import type { BatchPosition } from "./batch-error.ts";
import { type BatchHeader, batchHeaderBytes, checkBatchCrc, readBatchHeader, wholeBatchBytes } from "./batch-header.ts";
import { readControlType } from "./control-batch.ts";
import { RecordColumns } from "./record-columns.ts";
import { decodeRecords } from "./record-decoder.ts";

/** Default bound on what one batch may decompress to: 64 MiB. */
export const defaultMaxDecompressedBytes = 64 * 1024 * 1024;

/** Reads batch after batch of one partition. */
export class BatchReader {
  /** The records of the batch that `decode` read last; the next call overwrites them. */
  readonly columns: RecordColumns;
  readonly #at: TopicPartition;
  readonly #maxDecompressedBytes: number;

  constructor(
    at: TopicPartition,
    maxDecompressedBytes: number = defaultMaxDecompressedBytes,
    columns: RecordColumns = new RecordColumns(),
  ) {
    this.#at = at;
    this.#maxDecompressedBytes = maxDecompressedBytes;
    this.columns = columns;
  }

  /**
   * The header of the batch at `start`, its checksum verified; undefined where the broker cut the batch off at `end`.
   *
   * @throws CORRUPT_BATCH, NOT_SUPPORTED, naming topic, partition and offset.
   */
  header(buffer: Buffer, start: number, end: number): BatchHeader | undefined {
    const header = this.headerAlone(buffer, start, end);
    if (header !== undefined) checkBatchCrc(buffer, header, this.#at);
    return header;
  }

  /** The same without a look at the checksum, for who is to pass over a damaged batch. */
  headerAlone(buffer: Buffer, start: number, end: number): BatchHeader | undefined {
    const bytes = wholeBatchBytes(buffer, start, end, this.#at);
    return bytes === undefined ? undefined : readBatchHeader(buffer, start, start + bytes, this.#at);
  }

  /** Decodes the batch's records into `columns`. @throws CORRUPT_BATCH, BATCH_TOO_LARGE, naming topic, partition and offset. */
  decode(buffer: Buffer, header: BatchHeader): RecordColumns {
    const at = this.#position(header);
    const start = header.start + batchHeaderBytes;
    // One that compaction has emptied may still name a codec.
    if (header.codec === 0 || header.recordCount === 0) {
      decodeRecords(buffer, start, header.end, header, this.columns, at);
    } else {
      const records = decompress(header.codec, buffer.subarray(start, header.end), this.#maxDecompressedBytes, at);
      decodeRecords(records, 0, records.length, header, this.columns, at);
    }
    return this.columns;
  }

  /** What a control batch says by its type; undefined where it has none, as after compaction. @throws as `decode`. */
  controlType(buffer: Buffer, header: BatchHeader): number | undefined {
    if (header.recordCount === 0) return undefined;
    const at = this.#position(header);
    const records = buffer.subarray(header.start + batchHeaderBytes, header.end);
    const plain = header.codec === 0 ? records : decompress(header.codec, records, this.#maxDecompressedBytes, at);
    return readControlType(plain, 0, plain.length, at);
  }

  #position({ baseOffset }: BatchHeader): BatchPosition {
    return { topic: this.#at.topic, partition: this.#at.partition, offset: baseOffset };
  }
}

/** One batch of `decodeBatches`. `columns` is overwritten by the next. */
export interface DecodedBatch {
  readonly header: BatchHeader;
  readonly columns: RecordColumns;
}

/**
 * Decodes the batches in `buffer[start, end)` one by one, control batches and aborted ones included: leaving them out is the
 * caller's decision. A batch that the broker cut off at `end` ends the walk.
 *
 * @throws CORRUPT_BATCH, BATCH_TOO_LARGE, NOT_SUPPORTED at the batch concerned, after those before it were given.
 */
export function* decodeBatches(
  buffer: Buffer,
  start: number,
  end: number,
  at: TopicPartition,
  maxDecompressedBytes: number = defaultMaxDecompressedBytes,
): Generator<DecodedBatch, void, void> {
  const reader = new BatchReader(at, maxDecompressedBytes);
  let header = reader.header(buffer, start, end);
  for (; header !== undefined; header = reader.header(buffer, header.end, end)) {
    yield { header, columns: reader.decode(buffer, header) };
  }
}
