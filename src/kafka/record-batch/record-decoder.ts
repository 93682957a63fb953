// Decodes the records of a batch in place. What makes it fast: nothing is allocated, and a whole record is known to lie inside
// the batch before its fields are read, so that no field needs a bounds check of its own: a damaged length leads behind the
// record's end, where the comparison after the last field catches it.
import { type BatchPosition, corruptBatch } from "./batch-error.ts";
import type { BatchHeader } from "./batch-header.ts";
import type { RecordColumns } from "./record-columns.ts";
import { decodeZigzag, readRawVarint, readVarlong, varint } from "./varint.ts";

/** Length, attributes, timestamp delta, offset delta, key length, value length and header count: a byte each. */
const recordBytesMin = 7;

/**
 * Decodes the `header.recordCount` records in `bytes[start, end)` (already decompressed) into `columns`.
 *
 * @throws CORRUPT_BATCH where lengths, counts or offsets contradict each other.
 */
export function decodeRecords(
  bytes: Buffer,
  start: number,
  end: number,
  header: BatchHeader,
  columns: RecordColumns,
  at: BatchPosition,
): void {
  const count = header.recordCount;
  if (count * recordBytesMin > end - start) {
    throw corruptBatch(at, at.offset, `it claims ${count} records in ${end - start} bytes`);
  }
  columns.reserve(count);
  columns.bytes = bytes;
  columns.count = 0;
  const stopped = decodeGoodRecords(bytes, start, end, header, columns);
  if (columns.count < count) throw corruptBatch(at, at.offset, `record ${columns.count} of ${count} is damaged`);
  if (stopped !== end) throw corruptBatch(at, at.offset, `${end - stopped} bytes follow its last record`);
}

/** Stops before a damaged record; `columns.count` says how many were good. Returns the position behind the last good one. */
function decodeGoodRecords(
  bytes: Buffer,
  start: number,
  end: number,
  header: BatchHeader,
  columns: RecordColumns,
): number {
  const { keyStart, keyLength, valueStart, valueLength, offsetDelta, timestampDelta, headerCount } = columns;
  const { recordCount, lastOffsetDelta } = header;
  let recordStart = start;
  let deltaBefore = -1;
  for (let i = 0; i < recordCount; i++) {
    const rawLength = readRawVarint(bytes, recordStart);
    // Zigzag coded, as all lengths here: an odd raw number is negative.
    const recordEnd = varint.end + rawLength / 2;
    if ((rawLength & 1) !== 0 || recordEnd > end || rawLength / 2 < recordBytesMin - 1) break;
    // One byte of attributes, unused.
    const timestamp = readVarlong(bytes, varint.end + 1);
    const rawDelta = readRawVarint(bytes, varint.end);
    const keySize = decodeZigzag(readRawVarint(bytes, varint.end));
    const keyAt = varint.end;
    const valueSize = decodeZigzag(readRawVarint(bytes, keySize > 0 ? keyAt + keySize : keyAt));
    const valueAt = varint.end;
    const rawCount = readRawVarint(bytes, valueSize > 0 ? valueAt + valueSize : valueAt);
    const delta = rawDelta >>> 1;
    if (keySize < -1 || valueSize < -1 || varint.end > recordEnd) break;
    // Offsets rise: two records with the same offset, or one behind the batch's end, would be counted twice.
    if ((rawDelta & 1) !== 0 || delta <= deltaBefore || delta > lastOffsetDelta || Number.isNaN(timestamp)) break;
    if (rawCount === 0) {
      if (varint.end !== recordEnd) break;
    } else {
      // Each header is at least a byte for either length.
      if ((rawCount & 1) !== 0 || rawCount > recordEnd - varint.end) break;
      columns.headersStart[i] = varint.end;
      columns.headersEnd[i] = recordEnd;
    }
    keyStart[i] = keyAt;
    keyLength[i] = keySize;
    valueStart[i] = valueAt;
    valueLength[i] = valueSize;
    offsetDelta[i] = delta;
    timestampDelta[i] = timestamp;
    headerCount[i] = rawCount >>> 1;
    deltaBefore = delta;
    recordStart = recordEnd;
    columns.count = i + 1;
  }
  return recordStart;
}
