import { invalidOption } from "../errors/checks/check-options.ts";
import type { OffsetRange, TopicPartition } from "./types.ts";

/** Whether a value is an offset of a log: an integer from 0 on that a number can hold exactly. */
export function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** An offset that goes into a request, a group or a file, whoever made it. @throws INVALID_OPTION */
export function checkOffset(offset: number, { topic, partition }: TopicPartition): number {
  if (isOffset(offset)) return offset;
  throw invalidOption(`an offset of ${topic}-${partition}`, offset, "an integer of at least 0");
}

/** Whether a value is a range of offsets, as far as that can be seen. */
export function isOffsetRange(value: unknown): value is OffsetRange {
  const { topic, partition, fromOffset, untilOffset } = (value ?? {}) as Partial<OffsetRange>;
  if (typeof topic !== "string" || !isOffset(partition)) return false;
  return isOffset(fromOffset) && isOffset(untilOffset) && fromOffset <= untilOffset;
}

/** A range as errors show it. */
export function rangeText(value: unknown): string {
  const { topic, partition, fromOffset, untilOffset } = (value ?? {}) as Partial<OffsetRange>;
  return `${topic}-${partition} from ${fromOffset} to ${untilOffset}`;
}
