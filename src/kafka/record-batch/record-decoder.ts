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
 * Decodes the `header.recordCount` records in `bytes[start, end)` (already decompressed) into `columns`, as Kafka's Java client
 * reads them: of records whose offsets do not rise only those above all before them, and where there are none, whatever the bytes.
 *
 * @throws CORRUPT_BATCH where lengths or counts contradict each other.
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
  if (count < 0 || count * recordBytesMin > end - start) {
    throw corruptBatch(at, at.offset, `it claims ${count} records in ${end - start} bytes`);
  }
  columns.reserve(count);
  columns.bytes = bytes;
  columns.count = 0;
  columns.passedOver = 0;
  if (count === 0) return;
  const stopped = decodeGoodRecords(bytes, start, end, count, columns);
  const good = columns.count + columns.passedOver;
  if (good < count) throw corruptBatch(at, at.offset, `record ${good} of ${count} is damaged`);
  if (stopped !== end) throw corruptBatch(at, at.offset, `${end - stopped} bytes follow its last record`);
}

/** Stops before a damaged record; the counts of `columns` say how many were good. Returns the position behind the last good one. */
function decodeGoodRecords(bytes: Buffer, start: number, end: number, count: number, columns: RecordColumns): number {
  const { keyStart, keyLength, valueStart, valueLength, offsetDelta, timestampDelta, headerCount } = columns;
  let recordStart = start;
  let deltaBefore = -1;
  let passedOver = 0;
  let i = 0;
  while (i + passedOver < count) {
    const rawLength = readRawVarint(bytes, recordStart);
    // Zigzag coded, as all lengths here: an odd raw number is negative.
    const recordEnd = varint.end + rawLength / 2;
    if ((rawLength & 1) !== 0 || recordEnd > end || rawLength / 2 < recordBytesMin - 1) break;
    // One byte of attributes, unused.
    const timestamp = readVarlong(bytes, varint.end + 1);
    const rawDelta = readRawVarint(bytes, varint.end);
    const rawKeySize = readRawVarint(bytes, varint.end);
    const keySize = decodeZigzag(rawKeySize);
    const keyAt = varint.end;
    const rawValueSize = readRawVarint(bytes, keySize > 0 ? keyAt + keySize : keyAt);
    const valueSize = decodeZigzag(rawValueSize);
    const valueAt = varint.end;
    const rawCount = readRawVarint(bytes, valueSize > 0 ? valueAt + valueSize : valueAt);
    if (rawKeySize < 0 || rawValueSize < 0 || rawDelta < 0 || varint.end > recordEnd || Number.isNaN(timestamp)) break;
    if (rawCount === 0) {
      if (varint.end !== recordEnd) break;
    } else {
      // Each header is at least a byte for either length.
      if ((rawCount & 1) !== 0 || rawCount > recordEnd - varint.end) break;
      columns.headersStart[i] = varint.end;
      columns.headersEnd[i] = recordEnd;
    }
    recordStart = recordEnd;
    const delta = decodeZigzag(rawDelta);
    // Who reads by offsets has read these already: the next record overwrites what is in the columns.
    if (delta <= deltaBefore) {
      passedOver++;
      continue;
    }
    keyStart[i] = keyAt;
    keyLength[i] = keySize;
    valueStart[i] = valueAt;
    valueLength[i] = valueSize;
    offsetDelta[i] = delta;
    timestampDelta[i] = timestamp;
    headerCount[i] = rawCount >>> 1;
    deltaBefore = delta;
    i++;
  }
  columns.count = i;
  columns.passedOver = passedOver;
  return recordStart;
}
