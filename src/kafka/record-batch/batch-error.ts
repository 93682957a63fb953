import { DStreamError } from "../../errors/dstream-error.ts";
import type { TopicPartition } from "../types.ts";

/** An offset in a partition. */
export interface BatchPosition extends TopicPartition {
  readonly offset: number;
}

/** A batch that cannot be what a producer wrote: says where it stands and what is wrong with it. */
export function corruptBatch(at: TopicPartition, offset: number, problem: string, cause?: unknown): DStreamError {
  return new DStreamError("CORRUPT_BATCH", `record batch at ${at.topic}-${at.partition}@${offset}: ${problem}`, {
    cause,
    data: { topic: at.topic, partition: at.partition, offset },
  });
}

/** A batch whose records exceed the limit once decompressed. `seen` is undefined where the format tells only that it is more. */
export function decompressedTooLarge(at: BatchPosition, limit: number, seen?: number): DStreamError {
  const size = seen === undefined ? `more than ${limit}` : String(seen);
  return new DStreamError(
    "BATCH_TOO_LARGE",
    `record batch at ${at.topic}-${at.partition}@${at.offset} decompresses to ${size} bytes, the limit is ${limit}; raise \`maxDecompressedBytes\` if its producer is trusted`,
    { data: { ...at, seen, limit, option: "maxDecompressedBytes" } },
  );
}
