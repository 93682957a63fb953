// Which segments go: as in Kafka only whole ones, oldest first, and the last one too when all its records are too old.
import type { MemoryUse } from "./memory-use.ts";
import type { PartitionLog } from "./partition-log.ts";
import type { Segment } from "./segments/segment.ts";

/** Deletes what the topic's `retention.ms` no longer keeps. */
export function applyTimeRetention(log: PartitionLog, nowMs: number): void {
  const { isDeleted, retentionMs } = log.config;
  if (!isDeleted || retentionMs < 0) return;
  for (let oldest = oldestOf(log); oldest.bytes.length > 0; oldest = oldestOf(log)) {
    if (lastWriteMs(oldest) >= nowMs - retentionMs) return;
    log.dropOldest();
  }
}

/** Deletes what the topic's `retention.bytes` no longer keeps. */
export function applySizeRetention(log: PartitionLog): void {
  const { isDeleted, retentionBytes } = log.config;
  if (!isDeleted || retentionBytes < 0) return;
  let over = log.bytes - retentionBytes;
  for (let oldest = oldestOf(log); oldest.bytes.length > 0 && over >= oldest.bytes.length; oldest = oldestOf(log)) {
    over -= oldest.bytes.length;
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

function oldestOf(log: PartitionLog): Segment {
  return log.segments[0] as Segment;
}

function ageOf(log: PartitionLog): number {
  return oldestOf(log).createdMs;
}

function lastWriteMs({ maxTimestamp, createdMs }: Segment): number {
  return maxTimestamp >= 0 ? maxTimestamp : createdMs;
}

function least(logs: readonly PartitionLog[], measure: (log: PartitionLog) => number): PartitionLog | undefined {
  let found: PartitionLog | undefined;
  for (const log of logs) if (found === undefined || measure(log) < measure(found)) found = log;
  return found;
}
