import { isOffset, isOffsetRange, rangeText } from "../../../kafka/check-offset.ts";
import type { PlannedRange } from "../../../kafka/types.ts";
import type { Resume, SavedInputs } from "../../source-driver.ts";

/** What a checkpoint keeps of a Kafka stream's part of a batch. */
export interface SavedRanges {
  readonly ranges: readonly PlannedRange[];
  /** By name: a topic that is deleted and created anew gets another id. */
  readonly topicIds: Readonly<Record<string, string>>;
}

export const noRanges: SavedRanges = { ranges: [], topicIds: {} };

/** Whether a value that a source saved is a Kafka stream's. */
export function isSavedRanges(saved: unknown): saved is SavedRanges {
  return typeof saved === "object" && saved !== null && "ranges" in saved && "topicIds" in saved;
}

/** What is no range of offsets in what sources saved, as errors name it; undefined when all are. */
export function unusableRange(sources: SavedInputs): string | undefined {
  for (const [source, saved] of Object.entries(sources)) {
    if (!isSavedRanges(saved)) continue;
    if (!Array.isArray(saved.ranges)) return `the ranges of ${source}`;
    const wrong = saved.ranges.findIndex((range) => !isOffsetRange(range));
    if (wrong !== -1) return `${rangeText(saved.ranges[wrong])} (${source})`;
    const odd = saved.ranges.find(({ leaderEpoch = 0 }) => !isOffset(leaderEpoch));
    if (odd !== undefined) return `the leader epoch ${odd.leaderEpoch} of ${rangeText(odd)} (${source})`;
  }
  return undefined;
}

/**
 * Where a stream stood: by its own name, or, where the program changed the order of its streams, where any stream stood that
 * read the same partition.
 */
export function savedRangesOf({ saved, all }: Resume): SavedRanges {
  const own = isSavedRanges(saved) ? saved : noRanges;
  const others = Object.values(all).filter(isSavedRanges);
  const ranges: PlannedRange[] = [];
  for (const one of [own, ...others]) {
    // Of several streams that read a partition one counts: its records are to be read once.
    const known = new Set(ranges.map(placeOf));
    ranges.push(...one.ranges.filter((range) => !known.has(placeOf(range))));
  }
  const topicIds = Object.fromEntries([...others, own].flatMap((one) => Object.entries(one.topicIds)));
  return { ranges, topicIds };
}

const placeOf = ({ topic, partition }: PlannedRange): string => `${topic}-${partition}`;
