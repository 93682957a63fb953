import type { PlannedBatch } from "./batch.ts";
import type { CheckpointState } from "./checkpoint/checkpoint-state.ts";
import type { Resume, SourceBatch, SourceDriver } from "./source-driver.ts";

/** What a source is told about where it stood; undefined when the job begins. */
export function resumeOf({ committed, planned, sources }: CheckpointState, name: string): Resume | undefined {
  if (committed === undefined && planned === undefined) return undefined;
  // First what was planned last: where several streams read a topic, the new one of another name begins behind what runs again.
  const all = { ...planned?.sources, ...sources, ...planned?.sources };
  return { saved: all[name], all };
}

/** The batch that was begun and not committed when the job ended, with the same input. `submissionTime`: now, in epoch ms. */
export async function recoveredBatch(
  { planned }: CheckpointState,
  sources: readonly SourceDriver[],
  names: readonly string[],
  submissionTime: number,
): Promise<PlannedBatch | undefined> {
  if (planned === undefined) return undefined;
  const parts = new Map<number, SourceBatch>();
  for (const source of sources) {
    const saved = planned.sources[names[source.nodeId] as string];
    const part = await source.again(planned.time, { saved, all: planned.sources });
    if (part !== undefined) parts.set(source.nodeId, part);
  }
  return { time: planned.time, sources: parts, submissionTime };
}
