import { DStreamError } from "../../../errors/dstream-error.ts";
import {
  type BatchHeader,
  batchOverheadBytes,
  checkBatchCrc,
  readBatchHeader,
  wholeBatchBytes,
} from "../../../kafka/record-batch/batch-header.ts";
import type { SegmentBytes } from "./segment-bytes.ts";

const chunkBytes = 1024 * 1024;
const at = { topic: "log", partition: 0 };

/** Where to read: from `position`, where the batch with `offset` stands, up to the one with `untilOffset`. */
export interface ScanRange {
  readonly position: number;
  readonly offset: number;
  readonly untilOffset: number;
}

/**
 * Reads batch after batch, checks each, and gives it to `found`. Returns the position behind the last good one: the rest was left
 * half written by a crash, or was damaged.
 */
export function scanBatches(
  bytes: SegmentBytes,
  range: ScanRange,
  found: (header: BatchHeader, batch: Buffer, position: number) => void,
): number {
  let { position, offset: expected } = range;
  let wanted = chunkBytes;
  while (position < bytes.length && expected < range.untilOffset) {
    const chunk = bytes.read(position, Math.min(wanted, bytes.length - position));
    let read = 0;
    for (let size = sizeAt(chunk, 0); size !== undefined && read + size <= chunk.length; size = sizeAt(chunk, read)) {
      const batch = chunk.subarray(read, read + size);
      const header = goodHeader(batch);
      if (header === undefined || header.baseOffset < expected) return position + read;
      found(header, batch, position + read);
      // Compaction leaves gaps within a segment.
      expected = header.baseOffset + header.lastOffsetDelta + 1;
      read += size;
    }
    position += read;
    wanted = chunkBytes;
    if (read > 0) continue;
    // A batch larger than a chunk is read whole, if the file has that much.
    const size = sizeAt(chunk, 0);
    if (size === undefined || size > bytes.length - position) return position;
    wanted = size;
  }
  return position;
}

/** What the batch says of its own size; undefined where that cannot be read or cannot be. */
function sizeAt(chunk: Buffer, start: number): number | undefined {
  if (chunk.length - start < batchOverheadBytes) return undefined;
  const size = chunk.readInt32BE(start + 8) + batchOverheadBytes;
  return size > batchOverheadBytes ? size : undefined;
}

function goodHeader(batch: Buffer): BatchHeader | undefined {
  try {
    if (wholeBatchBytes(batch, 0, batch.length, at) !== batch.length) return undefined;
    const header = readBatchHeader(batch, 0, batch.length, at);
    checkBatchCrc(batch, header, at);
    return header;
  } catch (error) {
    if (error instanceof DStreamError) return undefined;
    throw error;
  }
}
