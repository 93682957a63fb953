import type { Parallelism } from "../../plan/plan.ts";
import type { Clock } from "../../runtime/machine/clock.ts";
import type { Timers } from "../../runtime/machine/timers.ts";
import type { Resume, SourceBatch, SourceDriver } from "../../sources/source-driver.ts";
import { Batch } from "../batch/batch.ts";
import { PhaseTimes } from "../batch/phase-times.ts";
import type { CheckpointState } from "./checkpoint-state.ts";
import { parallelismOf } from "./saved-partitions.ts";

/** A source's name, and what of the positions that were given up the program wants no more. */
export interface ResumedSource {
  readonly name: string;
  /** Whether the program gave it the name: then it takes up what a stream of that name left. */
  readonly isNamed: boolean;
  readonly dropState: readonly string[];
}

/** What a source is told about where it stood; undefined when the job begins. */
export function resumeOf(
  { committed, planned, sources, left = [] }: CheckpointState,
  { name, isNamed, dropState }: ResumedSource,
): Resume | undefined {
  if (committed === undefined && planned === undefined) return undefined;
  const kept = left.filter((position) => !dropState.includes(position.name));
  const own = kept.filter((position) => isNamed && position.name === name);
  const takenUp = Object.fromEntries(own.map(({ saved }, i) => [`${name} ${i}`, saved]));
  // First what was planned last: where several streams read a topic, the new one of another name begins behind what runs again.
  const all = { ...planned?.sources, ...sources, ...planned?.sources, ...takenUp };
  return { saved: all[name] ?? own[0]?.saved, all, left: kept.filter((position) => !own.includes(position)) };
}

export interface RecoverySettings {
  readonly sources: readonly SourceDriver[];
  readonly names: readonly string[];
  /** What the job has now. */
  readonly parallelism: Parallelism;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** The batch that was begun and not committed when the job ended, with the same input in the same partitions. */
export async function recoveredBatch(
  { planned }: CheckpointState,
  { sources, names, parallelism, clock, timers }: RecoverySettings,
): Promise<Batch | undefined> {
  if (planned === undefined) return undefined;
  const submissionTime = clock.now();
  const phases = new PhaseTimes(clock, timers);
  phases.begin("plan");
  const parts = new Map<number, SourceBatch>();
  for (const source of sources) {
    const saved = planned.sources[names[source.nodeId] as string];
    const part = await source.again(planned.time, { saved, all: planned.sources, left: [] });
    if (part !== undefined) parts.set(source.nodeId, part);
  }
  const { time, partitions } = planned;
  const own = partitions && parallelismOf(partitions, names, parallelism);
  phases.pause();
  return new Batch({ time, sources: parts, streams: sources, submissionTime, phases, parallelism: own });
}
