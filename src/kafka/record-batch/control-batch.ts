// Control batches: one record that a transaction coordinator writes into a partition to end a producer's transaction there.
// Its key is a version and a type (two 16-bit numbers), its value a version and the coordinator's epoch.

import type { TopicPartition } from "../types.ts";
import { BatchBuilder } from "./batch-builder.ts";
import { corruptBatch } from "./batch-error.ts";
import type { BatchHeader } from "./batch-header.ts";
import type { RecordColumns } from "./record-columns.ts";

/** The types that end a transaction; there are others, which do not concern readers of records. */
export const controlType = { abort: 0, commit: 1 } as const;

/** The type of the control batch that `columns` was decoded from. @throws CORRUPT_BATCH where it is not one record with a type. */
export function readControlType(header: BatchHeader, columns: RecordColumns, at: TopicPartition): number {
  const key = columns.count === 1 ? columns.key(0) : null;
  if (key === null || key.length < 4) {
    throw corruptBatch(at, header.baseOffset, "it is a control batch without a type");
  }
  return key.readInt16BE(2);
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
  const key = Buffer.alloc(4);
  key.writeInt16BE(controlType[type], 2);
  batch.tryAppend(key, Buffer.alloc(6), timestamp);
  return batch.finish({ producerId, producerEpoch, baseSequence: -1, isTransactional: true, isControl: true });
}
