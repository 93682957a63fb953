import { nearest } from "../../../errors/checks/nearest.ts";
import { DStreamError } from "../../../errors/dstream-error.ts";
import type { TopicPartition } from "../../../kafka/types.ts";

/**
 * Refuses positions to start at of partitions that the stream does not read, which would begin elsewhere without a word, and
 * two positions of one partition.
 *
 * @param isRead the partitions that the stream reads, as far as they are known
 * @throws INVALID_OPTION, naming what is near.
 */
export function checkStartPartitions(
  named: readonly TopicPartition[],
  isRead: { readonly topics: readonly string[]; readonly partitions?: readonly TopicPartition[] },
): void {
  const seen = new Set<string>();
  for (const { topic, partition } of named) {
    const id = `${topic}-${partition}`;
    if (seen.has(id)) throw refused({ topic, partition }, `names ${id} twice; leave one of its offsets out`);
    seen.add(id);
    if (!isRead.topics.includes(topic)) throw refused({ topic, partition }, topicText(topic, isRead.topics));
    const present = isRead.partitions?.filter((candidate) => candidate.topic === topic).map((read) => read.partition);
    if (present?.includes(partition) === false) {
      throw refused(
        { topic, partition },
        `names ${id}, which the stream does not read; of "${topic}" it reads ${list(present)}`,
      );
    }
  }
}

function topicText(topic: string, topics: readonly string[]): string {
  const [similar] = nearest(topic, topics, 1);
  const hint = similar === undefined ? `it reads ${topics.slice(0, 10).join(", ")}` : `did you mean "${similar}"?`;
  return `names the topic "${topic}", which the stream does not read; ${hint}`;
}

function list(partitions: readonly number[]): string {
  const sorted = [...partitions].sort((a, b) => a - b);
  const isRun = sorted.every((partition, i) => partition === (sorted[0] as number) + i);
  const numbers = isRun && sorted.length > 2 ? `${sorted[0]} to ${sorted.at(-1)}` : sorted.join(", ");
  return sorted.length === 1 ? `partition ${numbers}` : `partitions ${numbers}`;
}

function refused({ topic, partition }: TopicPartition, what: string): DStreamError {
  return new DStreamError("INVALID_OPTION", `startingOffsets ${what}`, {
    data: { option: "startingOffsets", topic, partition },
  });
}
