import type { Parallelism } from "../plan/plan.ts";
import type { PlannedBatch } from "./batch.ts";
import type { CheckpointState } from "./checkpoint/checkpoint-state.ts";
import { parallelismOf } from "./saved-partitions.ts";
import type { Resume, SourceBatch, SourceDriver } from "./source-driver.ts";

/** What a source is told about where it stood; undefined when the job begins. */
export function resumeOf({ committed, planned, sources }: CheckpointState, name: string): Resume | undefined {
  if (committed === undefined && planned === undefined) return undefined;
  // First what was planned last: where several streams read a topic, the new one of another name begins behind what runs again.
  const all = { ...planned?.sources, ...sources, ...planned?.sources };
  return { saved: all[name], all };
}

export interface RecoverySettings {
  readonly sources: readonly SourceDriver[];
  readonly names: readonly string[];
  /** What the job has now. */
  readonly parallelism: Parallelism;
  /** Now, in epoch ms. */
  readonly submissionTime: number;
}

/** The batch that was begun and not committed when the job ended, with the same input in the same partitions. */
export async function recoveredBatch(
  { planned }: CheckpointState,
  { sources, names, parallelism, submissionTime }: RecoverySettings,
): Promise<PlannedBatch | undefined> {
  if (planned === undefined) return undefined;
  const parts = new Map<number, SourceBatch>();
  for (const source of sources) {
    const saved = planned.sources[names[source.nodeId] as string];
    const part = await source.again(planned.time, { saved, all: planned.sources });
    if (part !== undefined) parts.set(source.nodeId, part);
  }
  const { time, partitions } = planned;
  const own = partitions && { parallelism: parallelismOf(partitions, names, parallelism) };
  return { time, sources: parts, submissionTime, ...own };
}
