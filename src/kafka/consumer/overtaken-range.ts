import { DStreamError } from "../../errors/dstream-error.ts";
import type { KafkaClient } from "../client/kafka-client.ts";
import { nextOffset } from "../record-batch/batch-header.ts";
import type { LogTruncationPolicy, OutOfRange, PlannedRange } from "../types.ts";
import { type BatchRecords, type RangeReaderOptions, readRange } from "./range-reader.ts";

/** What becomes of a range whose records are there no more when it is read. */
export interface RangePolicies {
  /** "earliest" goes on at the first record that is left in the range, "latest" skips the rest. */
  readonly onOffsetOutOfRange: OutOfRange;
  /** "continue" ends the range where its log ends: what came in place of the rest is planned next. */
  readonly onLogTruncation: LogTruncationPolicy;
  /** Is told of a log that was truncated, where reading goes on. */
  readonly truncated: (error: DStreamError) => void;
}

/**
 * Reads a range, or with policies other than "fail" what is left of it: retention may delete records after the driver planned the
 * range and before the task reads it, and a log may be truncated.
 *
 * @throws what `readRange` throws; OFFSET_OUT_OF_RANGE and LOG_TRUNCATED under "fail" only.
 */
export async function* readRangeAsLeft(
  client: KafkaClient,
  range: PlannedRange,
  options: RangeReaderOptions,
  { onOffsetOutOfRange: policy, onLogTruncation, truncated }: RangePolicies,
): AsyncGenerator<BatchRecords, void, void> {
  let { fromOffset } = range;
  while (fromOffset < range.untilOffset) {
    try {
      for await (const batch of readRange(client, { ...range, fromOffset }, options)) {
        fromOffset = nextOffset(batch.header);
        yield batch;
      }
      return;
    } catch (thrown) {
      const error = DStreamError.from(thrown);
      const { code, data } = error;
      if (code === "LOG_TRUNCATED" && onLogTruncation === "continue") return truncated(error);
      // A log that has the start of the range and not its end may be that of a leader which knows less than the one before.
      if (policy === "fail" || code !== "OFFSET_OUT_OF_RANGE" || data.untilOffset !== undefined) throw error;
      const [first] = await client.listOffsets([range], "earliest", options.isolationLevel);
      // Where the log does not start behind the position it ends before it, and nothing of the range is left.
      if (policy === "latest" || first === undefined || first.offset <= fromOffset) return;
      fromOffset = first.offset;
    }
  }
}
