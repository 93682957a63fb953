import type { PlannedRange } from "../../kafka/types.ts";

/**
 * What leaves the planner is written down, committed and read as it is, so that nothing else than offsets may be in it, whatever
 * a limit or an answer was: an error here is one of ours.
 */
export function checkPlannedRanges(ranges: readonly PlannedRange[]): readonly PlannedRange[] {
  for (const { topic, partition, fromOffset, untilOffset } of ranges) {
    const isRange = [fromOffset, untilOffset].every((offset) => Number.isSafeInteger(offset) && offset >= 0);
    if (isRange && fromOffset <= untilOffset) continue;
    throw new Error(`the plan of ${topic}-${partition} is no range of offsets: ${fromOffset} to ${untilOffset}`);
  }
  return ranges;
}
