import type { OutputPart } from "../../task/task-spec.ts";

/** Records that outputs of a batch have for Kafka, by topic; undefined where there are none. */
export function producedRecords(parts: readonly OutputPart[]): Readonly<Record<string, number>> | undefined {
  const sums = new Map<string, number>();
  for (const { records } of parts) {
    for (const [topic, count] of Object.entries(records?.byTopic ?? {}))
      sums.set(topic, (sums.get(topic) ?? 0) + count);
  }
  return sums.size === 0 ? undefined : Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}
