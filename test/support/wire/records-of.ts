import type { CompressionName } from "../../../src/kafka/compression/codec.ts";
import { BatchBuilder, type Bytes } from "../../../src/kafka/record-batch/batch-builder.ts";
import { decodeBatches } from "../../../src/kafka/record-batch/batch-reader.ts";

/** A record to write; its key is null and its time now, unless they are given. */
export interface SentRecord {
  readonly value: Bytes | null;
  readonly key?: Bytes | null;
  readonly timestamp?: number;
}

export interface BatchOptions {
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  readonly compression?: CompressionName;
}

/** A record batch as a producer sends it. */
export function batchOf(records: readonly (string | SentRecord)[], options: BatchOptions = {}): Buffer {
  const { producerId = -1, producerEpoch = -1, baseSequence = -1, ...rest } = options;
  const builder = new BatchBuilder(64 * 1024 * 1024);
  for (const record of records) {
    const { key = null, value, timestamp = Date.now() } = typeof record === "string" ? { value: record } : record;
    builder.tryAppend(key, value, timestamp);
  }
  return builder.finish({ producerId, producerEpoch, baseSequence, ...rest });
}

/** "offset:value" of each record, "offset:commit" and "offset:abort" of each marker. */
export function linesOf(batches: Buffer): string[] {
  const lines: string[] = [];
  for (const { header, columns } of decodeBatches(batches, 0, batches.length, { topic: "read", partition: 0 })) {
    for (let i = 0; i < columns.count; i++) {
      const offset = header.baseOffset + (columns.offsetDelta[i] as number);
      const marker = header.isControl ? (columns.key(i)?.readInt16BE(2) === 0 ? "abort" : "commit") : undefined;
      lines.push(`${offset}:${marker ?? columns.value(i)?.toString() ?? null}`);
    }
  }
  return lines;
}
