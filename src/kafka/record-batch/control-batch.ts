// Control batches: one record that a transaction coordinator writes into a partition to end a producer's transaction there.
// Its key is a version and a type (two 16-bit numbers), its value a version and the coordinator's epoch.

import { BatchBuilder } from "./batch-builder.ts";
import { type BatchPosition, corruptBatch } from "./batch-error.ts";
import { decodeZigzag, readRawVarint, readVarlong, varint } from "./varint.ts";

/** Version and type. */
const keyBytes = 4;

/** The types that end a transaction; there are others, which do not concern readers of records. */
export const controlType = { abort: 0, commit: 1 } as const;

/**
 * The type of a control batch: what the key of its first record says, in `bytes[start, end)`. Nothing else of it is used, so nothing else
 * is read. Undefined where the key is missing or too short for one.
 *
 * @throws CORRUPT_BATCH where that record is damaged.
 */
export function readControlType(bytes: Buffer, start: number, end: number, at: BatchPosition): number | undefined {
  const rawLength = readRawVarint(bytes, start);
  const recordEnd = varint.end + rawLength / 2;
  const timestamp = readVarlong(bytes, varint.end + 1);
  const rawDelta = readRawVarint(bytes, varint.end);
  const rawKeySize = readRawVarint(bytes, varint.end);
  const keySize = decodeZigzag(rawKeySize);
  const keyEnd = varint.end + Math.max(keySize, 0);
  const isBroken = rawLength < 0 || (rawLength & 1) !== 0 || rawDelta < 0 || rawKeySize < 0 || Number.isNaN(timestamp);
  if (isBroken || keyEnd > recordEnd || recordEnd > end) {
    throw corruptBatch(at, at.offset, "the record of this control batch is damaged");
  }
  return keySize < keyBytes ? undefined : bytes.readInt16BE(varint.end + 2);
}

export interface ControlBatchOptions {
  readonly type: keyof typeof controlType;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/** The marker that ends a producer's transaction in a partition. Whoever appends it sets its base offset. */
export function buildControlBatch({ type, producerId, producerEpoch, timestamp }: ControlBatchOptions): Buffer {
  const batch = new BatchBuilder(256);
  const key = Buffer.alloc(keyBytes);
  key.writeInt16BE(controlType[type], 2);
  batch.tryAppend(key, Buffer.alloc(6), timestamp);
  return batch.finish({ producerId, producerEpoch, baseSequence: -1, isTransactional: true, isControl: true });
}
