import { type PlanNode, parentsOf } from "../../plan/graph/nodes/node.ts";
import type { Graph } from "../../plan/graph/plan-builder.ts";

/** Where the program says nothing: enough to look back a little, at little cost. */
const defaultSlides = 10;
const leastCheckpointMs = 10_000;
/** Of mapWithState, in slides. */
const mappedCheckpointSlides = 10;

export interface RememberRules {
  /** As `remember()` has it, in milliseconds. */
  readonly rememberMs: number | undefined;
  /** Checkpoint intervals that the program chose, by node id. */
  readonly checkpointMs: ReadonlyMap<number, number>;
}

/**
 * For how long the batches of each stream can be looked back at, in milliseconds by node id. Spark's rules: as the program says,
 * at least two checkpoint intervals where there is one, and as long as a window over the stream is longer than what the window
 * itself is remembered for.
 */
export function rememberDurations({ nodes }: Graph, { rememberMs, checkpointMs }: RememberRules): number[] {
  const durations: number[] = [];
  const needed: number[] = [];
  for (const node of nodes.toReversed()) {
    const checkpoint = checkpointMs.get(node.id) ?? ownCheckpointMs(node);
    const chosen = rememberMs ?? (checkpoint === undefined ? defaultSlides * node.slideMs : 0);
    const duration = Math.max(chosen, 2 * (checkpoint ?? 0), needed[node.id] ?? 0);
    durations[node.id] = duration;
    const ofParents = duration + (node.kind === "window" ? node.windowMs : 0);
    for (const { id } of parentsOf(node)) needed[id] = Math.max(needed[id] ?? 0, ofParents);
  }
  return durations;
}

/** The interval at which Spark would checkpoint an operator with state. */
function ownCheckpointMs(node: PlanNode): number | undefined {
  if (node.kind !== "keyed" || node.update === undefined) return undefined;
  if (node.update.kind === "map") return mappedCheckpointSlides * node.slideMs;
  return node.slideMs * Math.ceil(leastCheckpointMs / node.slideMs);
}
