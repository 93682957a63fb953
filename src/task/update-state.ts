import type { KeyMap } from "../keys/key-map.ts";
import type { StateFunction } from "../plan/nodes/keyed.ts";
import type { Change, Entry } from "../state/memory-state.ts";
import type { OpenState } from "../state/state-store.ts";
import { load, sameStored, store } from "../state/stored-value.ts";
import type { Combined } from "./sinks/keyed-accumulator.ts";

const noValues: readonly unknown[] = [];

/**
 * Spark's updateStateByKey: `f` is called for every key that has values in the batch or state, with no values where the batch
 * has none. Returns the pairs of key and new state, and what changed.
 */
export function updateState(
  f: StateFunction,
  batch: KeyMap<Combined>,
  state: OpenState,
  time: number,
): { readonly rows: [unknown, unknown][]; readonly changes: Change[] } {
  const rows: [unknown, unknown][] = [];
  const changes: Change[] = [];
  const update = (key: unknown, values: readonly unknown[], entry: Entry | undefined): void => {
    const before = entry?.stored;
    const after = f(values, load(before), key, time);
    const stored = store(after);
    if (!sameStored(before, stored)) changes.push({ key, entry, stored });
    if (after !== undefined) rows.push([key, after]);
  };
  for (const { key, value } of batch.entries()) update(key, value as readonly unknown[], state.get(key));
  for (const entry of state.entries()) if (batch.get(entry.key) === undefined) update(entry.key, noValues, entry);
  return { rows, changes };
}
