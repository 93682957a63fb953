import { isOffsetRange } from "../../../kafka/check-offset.ts";
import type { PlannedRange } from "../../../kafka/types.ts";

/**
 * What leaves the planner is written down, committed and read as it is, so that nothing else than offsets may be in it, whatever
 * a limit or an answer was: an error here is one of ours.
 */
export function checkPlannedRanges(ranges: readonly PlannedRange[]): readonly PlannedRange[] {
  for (const range of ranges) {
    if (isOffsetRange(range)) continue;
    const { topic, partition, fromOffset, untilOffset } = range;
    throw new Error(`the plan of ${topic}-${partition} is no range of offsets: ${fromOffset} to ${untilOffset}`);
  }
  return ranges;
}
