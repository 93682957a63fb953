import { decodeRows } from "../../codec/block.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { StatefulNode } from "../../plan/graph/stateful-operators.ts";
import type { Entry } from "../../state/entry.ts";
import type { StateStore } from "../../state/state-store.ts";
import type { TaskContext } from "../context/task-context.ts";
import { keyLocator } from "../sinks/keyed/locate-key.ts";
import type { FoundSlice } from "../state/task-state.ts";
import { paneOf } from "../window/pane.ts";

/** Partitions whose state was looked at, "operator/partition", by the store that has them. */
const checked = new WeakMap<StateStore, Set<string>>();

/**
 * A partitioner of the program's own is not kept in a checkpoint. One that places keys elsewhere than before would leave them with
 * two states, so the keys of a partition are looked at when a worker comes to it for the first time.
 *
 * @throws INVALID_OPTION
 */
export async function checkPlaces(
  node: StatefulNode,
  { slice, committed }: FoundSlice,
  { plan, state }: TaskContext,
  partition: number,
): Promise<void> {
  const partitioning = plan.partitionings[node.id];
  if (partitioning?.kind !== "custom") return;
  const known = checked.get(state) ?? new Set<string>();
  checked.set(state, known);
  const id = `${slice.operator}/${partition}`;
  if (known.has(id)) return;
  const locate = keyLocator(partitioning, plan.parallelism.buckets);
  const keysOf = node.kind === "window" ? keysOfPanes : keysOfEntries;
  for await (const entries of committed.entries()) {
    for (const key of keysOf(entries)) {
      const now = locate(key);
      if (now !== partition) throw movedKey(slice.operator, partition, now);
    }
  }
  known.add(id);
}

function* keysOfEntries(entries: Iterable<Entry>): Generator<unknown> {
  for (const { key } of entries) yield key;
}

function* keysOfPanes(entries: Iterable<Entry>): Generator<unknown> {
  for (const entry of entries) {
    const block = paneOf(entry)?.block;
    if (block !== undefined) for (const [key] of decodeRows(block) as [unknown, unknown][]) yield key;
  }
}

function movedKey(operator: string, before: number, now: number): DStreamError {
  const text = `the checkpoint has a key of ${operator} in partition ${before} that getPartition now places in ${now}; a partitioner must not change between runs: use the former one, or give the state up with dropState: ["${operator}"]`;
  return new DStreamError("INVALID_OPTION", text, { data: { operator, before, now, option: "dropState" } });
}
