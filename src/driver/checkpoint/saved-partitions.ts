import type { Parallelism } from "../../plan/plan.ts";
import type { SavedPartitions } from "./checkpoint-state.ts";

/** What a checkpoint keeps of the parallelism of a batch: sources by name, since their ids change with the program. */
export function savedPartitions(parallelism: Parallelism, names: readonly string[]): SavedPartitions {
  const { defaultParallelism, slots, sourcePartitions } = parallelism;
  const sources = Object.entries(sourcePartitions).map(([id, count]) => [names[Number(id)] as string, count] as const);
  return { defaultParallelism, slots, sources: Object.fromEntries(sources) };
}

/** The parallelism that a batch was planned with; a source that the program did not have then is as it is `now`. */
export function parallelismOf(saved: SavedPartitions, names: readonly string[], now: Parallelism): Parallelism {
  const { defaultParallelism, slots, sources } = saved;
  const sourcePartitions = Object.entries(now.sourcePartitions).map(([id, count]) => {
    return [id, sources[names[Number(id)] as string] ?? count] as const;
  });
  return { ...now, defaultParallelism, slots, sourcePartitions: Object.fromEntries(sourcePartitions) };
}
