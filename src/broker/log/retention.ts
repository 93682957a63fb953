// Which segments go: as in Kafka only whole ones, oldest first, and the last one too when all its records are too old.
import type { MemoryUse } from "./memory-use.ts";
import type { PartitionLog } from "./partition-log.ts";
import type { Segment } from "./segment.ts";

/** Deletes what the topic's `retention.ms` and `retention.bytes` no longer keep. */
export function applyRetention(log: PartitionLog, nowMs: number): void {
  const { isDeleted, retentionBytes, retentionMs } = log.config;
  if (!isDeleted) return;
  const oldest = (): Segment => log.segments[0] as Segment;
  if (retentionMs >= 0)
    while (oldest().bytes.length > 0 && lastWriteMs(oldest()) < nowMs - retentionMs) log.dropOldest();
  if (retentionBytes < 0) return;
  for (let over = log.bytes - retentionBytes; oldest().bytes.length > 0 && over >= oldest().bytes.length; ) {
    over -= oldest().bytes.length;
    log.dropOldest();
  }
}

/** Keeps memory within its bound. `justWritten` keeps its last segment: what was acknowledged can at least be read once. */
export function enforceMemoryBound(memory: MemoryUse, logs: readonly PartitionLog[], justWritten: PartitionLog): void {
  while (memory.isOver) {
    const closed = logs.filter(({ segments }) => segments.length > 1);
    const open = logs.filter((log) => log !== justWritten && log.bytes > 0);
    const next = closed.length > 0 ? least(closed, ageOf) : least(open, (log) => -log.bytes);
    if (next === undefined) return;
    next.dropOldest();
  }
}

function ageOf(log: PartitionLog): number {
  return (log.segments[0] as Segment).createdMs;
}

function lastWriteMs({ maxTimestamp, createdMs }: Segment): number {
  return maxTimestamp >= 0 ? maxTimestamp : createdMs;
}

function least(logs: readonly PartitionLog[], measure: (log: PartitionLog) => number): PartitionLog | undefined {
  let found: PartitionLog | undefined;
  for (const log of logs) if (found === undefined || measure(log) < measure(found)) found = log;
  return found;
}
