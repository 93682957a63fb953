import type { Block } from "../../codec/block.ts";
import type { OffsetRange } from "../../kafka/types.ts";
import type { KafkaOutput } from "../../plan/graph/output.ts";
import type { OutputPart, RecordFacts } from "../../task/task-spec.ts";

/** What an output collected in a batch, partition by partition. */
export interface CollectedOutput {
  /** One for each partition of the stream, in order; partitions without rows included. */
  readonly parts: readonly CollectedPart[];
  /** Of the source whose partitions these are, empty where that is not Kafka; undefined behind a shuffle and the like. */
  readonly offsetRanges: readonly OffsetRange[] | undefined;
}

export interface CollectedPart {
  readonly count: number;
  readonly blocks: readonly Block[];
  /** Whether the blocks hold all rows counted. */
  readonly complete: boolean;
  /** Of outputs to Kafka. */
  readonly records?: RecordFacts;
}

/** Records that the batch's transaction is to write for an output. */
export interface TransactionalRecords {
  readonly output: KafkaOutput;
  readonly parts: readonly CollectedPart[];
}

/** Puts the parts of an output in order; blocks beyond `maxBytes` are dropped, so that a result too large costs no more than that. */
export function collectedParts(parts: readonly OutputPart[], numPartitions: number, maxBytes: number): CollectedPart[] {
  const byPartition = new Map(parts.map((part) => [part.partition, part]));
  let bytes = 0;
  return Array.from({ length: numPartitions }, (_, partition) => {
    const part = byPartition.get(partition);
    if (part === undefined) return { count: 0, blocks: [], complete: true };
    bytes += part.blocks.reduce((sum, block) => sum + block.length, 0);
    return bytes > maxBytes ? { ...part, blocks: [], complete: part.count === 0 } : part;
  });
}
