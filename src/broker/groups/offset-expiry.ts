import type { ConsumerGroup } from "./consumer-group.ts";
import { subscribedTopics } from "./subscribed-topics.ts";

/** Kafka's offsets.retention.minutes: a week. */
const retentionMs = 7 * 24 * 60 * 60_000;

export interface OffsetAge {
  readonly topic: string;
  /** When it was committed, epoch ms. */
  readonly commitMs: number;
}

/** Since when a group has had no members, epoch ms; `active` while it has some, undefined where it never had any. */
export type EmptySince = number | "active" | undefined;

/** Which offsets of a group have expired, by Kafka's rules. */
export function expiredOffsets<O extends OffsetAge>(
  group: ConsumerGroup,
  emptySince: EmptySince,
  offsets: readonly O[],
  nowMs: number,
): O[] {
  const latest = nowMs - retentionMs;
  // Of a group that is at work those in topics that nobody reads any more.
  if (!group.isAbandoned) {
    if (group.state !== "Stable" || group.members.protocolType !== "consumer") return [];
    const topics = new Set(subscribedTopics(group));
    return offsets.filter(({ topic, commitMs }) => !topics.has(topic) && commitMs <= latest);
  }
  const emptyMs = typeof emptySince === "number" ? emptySince : 0;
  return offsets.filter(({ commitMs }) => Math.max(commitMs, emptyMs) <= latest);
}
