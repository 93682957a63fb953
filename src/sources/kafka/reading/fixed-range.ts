import { DStreamError } from "../../../errors/dstream-error.ts";
import type { KafkaClient } from "../../../kafka/client/kafka-client.ts";
import type { KafkaSourceOptions, NullValues, OffsetRange } from "../../../kafka/types.ts";

/**
 * A range that the program chose, as far as the log goes: nobody planned it by what is there, so it may end behind the log's end, and
 * waiting for that would be waiting for records that may never come.
 *
 * @throws OFFSET_OUT_OF_RANGE unless `onOffsetOutOfRange` says that what is there is enough.
 */
export async function fixedRange(
  client: KafkaClient,
  range: OffsetRange,
  { isolationLevel = "read_committed", onOffsetOutOfRange = "fail" }: KafkaSourceOptions<unknown, unknown, NullValues>,
): Promise<OffsetRange> {
  const { topic, partition, fromOffset, untilOffset } = range;
  const [last] = await client.listOffsets([{ topic, partition }], "latest", isolationLevel);
  const end = last?.offset ?? 0;
  if (untilOffset <= end) return range;
  if (onOffsetOutOfRange !== "fail") return { ...range, untilOffset: Math.max(fromOffset, end) };
  const open = isolationLevel === "read_committed" ? ", up to the first open transaction" : "";
  const text = `the range ${fromOffset} to ${untilOffset} of ${topic}-${partition} ends behind the log, which has records to ${end}${open}; choose an untilOffset of at most ${end}, or onOffsetOutOfRange "earliest" or "latest" to read what is there`;
  const data = { topic, partition, offset: untilOffset, latest: end, option: "offsetRanges" };
  throw new DStreamError("OFFSET_OUT_OF_RANGE", text, { data });
}
