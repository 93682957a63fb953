import type { KeyedNode, StateChange } from "../../plan/graph/nodes/keyed.ts";
import { snapshotPair } from "../../plan/mapped-row.ts";
import type { KeyPartitioning } from "../../plan/partitioner.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Change } from "../../state/entry.ts";
import type { KeyedGroups } from "../sinks/keyed/keyed-groups.ts";
import { keyLocator } from "../sinks/keyed/locate-key.ts";
import type { TaskSpec } from "../task-spec.ts";
import { initialState } from "./initial-state.ts";
import { mapWithState } from "./map-with-state.ts";
import { storeMapped } from "./mapped-state.ts";
import { storeState } from "./store-state.ts";
import type { FoundSlice } from "./task-state.ts";
import { updatePartition } from "./update-partition.ts";
import { updateState } from "./update-state.ts";

/** Yields the rows of a keyed node with state in one partition, piece by piece, and returns what changes of the state. */
export async function* statefulRows(
  { node, update, plan }: { node: KeyedNode; update: StateChange; plan: Plan },
  { entries }: KeyedGroups,
  { slice, committed }: FoundSlice,
  { batchTime: time, index }: TaskSpec,
): AsyncGenerator<readonly unknown[], readonly Change[]> {
  const locate = keyLocator(plan.partitionings[node.id] as KeyPartitioning, plan.parallelism.buckets);
  const isHere = (key: unknown): boolean => locate(key) === index;
  const store = update.kind === "map" ? (state: unknown, key: unknown) => storeMapped(state, time, key) : storeState;
  const counting = update.kind === "map" ? "last" : "first";
  const initial = slice.isFirst ? initialState(update.initialState, isHere, store, counting) : undefined;
  const found = { committed, initial };
  if (update.kind === "update") return yield* updateState(update.f, entries, found, time);
  if (update.kind === "update partition") return yield* updatePartition(update.f, entries, found, { time, isHere });
  const wantsSnapshots = plan.graph.nodes.some(
    (child) => child.kind === "flatMap" && child.parent === node && child.f === snapshotPair,
  );
  return yield* mapWithState(update, { values: entries, time, wantsSnapshots }, found);
}
