import { invalidOption, propertyOf } from "../../errors/checks/check-options.ts";
import { shownField } from "../../errors/shown/shown-fields.ts";
import { isOffsetRange } from "../../kafka/check-offset.ts";
import type { OffsetRange } from "../../kafka/types.ts";

const numbers = ["partition", "fromOffset", "untilOffset"] as const;

const shownText = (topic: unknown): string => (typeof topic === "string" ? topic : shownField(topic));

/** A range of offsets that the program gave, without what else it may have. @throws INVALID_OPTION for anything else. */
export function checkRange(what: string, range: OffsetRange): OffsetRange {
  const topic = propertyOf(range, "topic");
  const [partition, fromOffset, untilOffset] = numbers.map((name) => propertyOf(range, name)) as [
    number,
    number,
    number,
  ];
  const given = { topic, partition, fromOffset, untilOffset };
  if (isOffsetRange(given)) return given;
  const seen = `${shownText(topic)}-${shownField(partition)} from ${shownField(fromOffset)} to ${shownField(untilOffset)}`;
  throw invalidOption(what, seen, "a topic, a partition and offsets from 0 on, in order");
}
