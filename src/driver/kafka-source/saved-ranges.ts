import type { PlannedRange } from "../../kafka/types.ts";
import type { Resume } from "../source-driver.ts";

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

/**
 * Where a stream stood: by its own name, or, where the program changed the order of its streams, where any stream stood that
 * read the same topic.
 */
export function savedRangesOf({ saved, all }: Resume): SavedRanges {
  const own = isSavedRanges(saved) ? saved : noRanges;
  const others = Object.values(all).filter(isSavedRanges);
  const ranges: PlannedRange[] = [];
  for (const one of [own, ...others]) {
    // Of several streams that read a topic one counts: its records are to be read once.
    const topics = new Set(ranges.map(({ topic }) => topic));
    ranges.push(...one.ranges.filter(({ topic }) => !topics.has(topic)));
  }
  const topicIds = Object.fromEntries([...others, own].flatMap((one) => Object.entries(one.topicIds)));
  return { ranges, topicIds };
}
