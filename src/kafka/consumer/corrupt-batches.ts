import { DStreamError } from "../../errors/dstream-error.ts";
import { type BatchPosition, corruptBatch } from "../record-batch/batch-error.ts";
import { type BatchHeader, isHeaderWhole, nextOffset } from "../record-batch/batch-header.ts";
import type { BatchReader } from "../record-batch/batch-reader.ts";
import type { RecordColumns } from "../record-batch/record-columns.ts";
import { checkHeaders } from "../record-batch/record-headers.ts";
import type { OffsetRange } from "../types.ts";

/** A batch that nobody can read, and how many offsets of the range it takes. */
export interface SkippedBatch extends BatchPosition {
  readonly offsets: number;
  readonly error: DStreamError;
}

/**
 * Reads the batches of a response where damaged ones may be passed over. Only batches of data, since a lost marker would change what
 * becomes of other records, and only where the header says for certain how many offsets they take.
 */
export class CorruptBatches {
  readonly #reader: BatchReader;
  readonly #range: OffsetRange;
  readonly #skipped: (batch: SkippedBatch) => void;
  readonly #damaged = new WeakMap<BatchHeader, DStreamError>();

  constructor(reader: BatchReader, range: OffsetRange, skipped: (batch: SkippedBatch) => void) {
    this.#reader = reader;
    this.#range = range;
    this.#skipped = skipped;
  }

  /** As the reader's; of a batch that is to be passed over the header as it stands. @throws CORRUPT_BATCH for others. */
  header(buffer: Buffer, start: number, end: number): BatchHeader | undefined {
    try {
      return this.#reader.header(buffer, start, end);
    } catch (thrown) {
      const error = asCorrupt(thrown);
      const header = this.#reader.headerAlone(buffer, start, end) as BatchHeader;
      if (header.isControl || !isHeaderWhole(buffer, header)) throw error;
      this.#damaged.set(header, error);
      return header;
    }
  }

  isDamaged(header: BatchHeader): boolean {
    return this.#damaged.has(header);
  }

  /** The records of the batch; undefined where it is passed over, which has been told then. @throws BATCH_TOO_LARGE */
  decode(buffer: Buffer, header: BatchHeader, position: number): RecordColumns | undefined {
    const damage = this.#damaged.get(header);
    try {
      if (damage !== undefined) throw damage;
      const columns = this.#reader.decode(buffer, header);
      checkHeaders(columns, { ...this.#range, offset: header.baseOffset });
      return columns;
    } catch (thrown) {
      const error = asCorrupt(thrown);
      const { topic, partition, untilOffset } = this.#range;
      const offsets = Math.min(nextOffset(header), untilOffset) - Math.max(header.baseOffset, position);
      this.#skipped({ topic, partition, offset: header.baseOffset, offsets, error });
      return undefined;
    }
  }
}

/** @throws what is another error. */
function asCorrupt(thrown: unknown): DStreamError {
  const error = DStreamError.from(thrown);
  if (error.code !== "CORRUPT_BATCH") throw error;
  return error;
}

/** @throws CORRUPT_BATCH where a batch begins before the end of the one before it: one of them would hide records of the other. */
export function checkOrder(header: BatchHeader, before: BatchHeader | undefined, at: OffsetRange): void {
  if (before === undefined || header.baseOffset >= nextOffset(before)) return;
  const text = `the batch before it, at ${before.baseOffset}, ends only at ${nextOffset(before)}`;
  throw corruptBatch(at, header.baseOffset, text);
}
