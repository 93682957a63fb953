import { batchField, batchHeaderBytes, batchOverheadBytes } from "../../kafka/record-batch/batch-header.ts";
import type { SegmentBytes } from "./segment-bytes.ts";

/** What finding a place in the log needs of a batch. */
export interface BatchPlace {
  readonly position: number;
  readonly bytes: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
}

const chunkBytes = 32 * 1024;

/** The batches from `position` on, one by one, as far as their headers are whole. Reads ahead in chunks, for files. */
export function* walkBatches(source: SegmentBytes, position: number): Generator<BatchPlace, void, void> {
  let chunk = Buffer.alloc(0);
  let chunkStart = position;
  for (let at = position; at + batchHeaderBytes <= source.size; ) {
    if (at - chunkStart + batchHeaderBytes > chunk.length) {
      chunkStart = at;
      chunk = source.read(at, Math.min(chunkBytes, source.size - at));
    }
    const start = at - chunkStart;
    const bytes = chunk.readInt32BE(start + batchField.length) + batchOverheadBytes;
    if (bytes < batchHeaderBytes || at + bytes > source.size) return;
    const baseOffset = readLong(chunk, start + batchField.baseOffset);
    const lastOffset = baseOffset + chunk.readInt32BE(start + batchField.lastOffsetDelta);
    yield {
      position: at,
      bytes,
      baseOffset,
      lastOffset,
      maxTimestamp: readLong(chunk, start + batchField.maxTimestamp),
    };
    at += bytes;
  }
}

function readLong(buffer: Buffer, position: number): number {
  return buffer.readInt32BE(position) * 2 ** 32 + buffer.readUInt32BE(position + 4);
}
