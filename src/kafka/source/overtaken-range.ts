import { DStreamError } from "../../errors/dstream-error.ts";
import type { KafkaClient } from "../client/kafka-client.ts";
import { type BatchRecords, type RangeReaderOptions, readRange } from "../consumer/range-reader.ts";
import { nextOffset } from "../record-batch/batch-header.ts";
import type { OffsetRange, OutOfRange } from "../types.ts";

/**
 * Reads a range, or with a policy other than "fail" what is left of it: retention may delete records after the driver planned the
 * range and before the task reads it. "earliest" goes on at the first record that is left in the range, "latest" skips the rest.
 *
 * @throws what `readRange` throws; OFFSET_OUT_OF_RANGE under "fail" only.
 */
export async function* readRangeAsLeft(
  client: KafkaClient,
  range: OffsetRange,
  options: RangeReaderOptions,
  policy: OutOfRange,
): AsyncGenerator<BatchRecords, void, void> {
  let fromOffset = range.fromOffset;
  while (fromOffset < range.untilOffset) {
    try {
      for await (const batch of readRange(client, { ...range, fromOffset }, options)) {
        fromOffset = nextOffset(batch.header);
        yield batch;
      }
      return;
    } catch (error) {
      const { code, data } = DStreamError.from(error);
      // A log that has the start of the range and not its end may be that of a leader which knows less than the one before.
      if (policy === "fail" || code !== "OFFSET_OUT_OF_RANGE" || data.untilOffset !== undefined) throw error;
      const [first] = await client.listOffsets([range], "earliest", options.isolationLevel);
      // Where the log does not start behind the position it ends before it, and nothing of the range is left.
      if (policy === "latest" || first === undefined || first.offset <= fromOffset) return;
      fromOffset = first.offset;
    }
  }
}
