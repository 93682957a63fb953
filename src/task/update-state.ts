import type { KeyMap } from "../keys/key-map.ts";
import type { StateFunction } from "../plan/nodes/keyed.ts";
import type { Change, Entry } from "../state/memory-state.ts";
import { load, sameStored } from "../state/stored-value.ts";
import type { Combined } from "./sinks/keyed-accumulator.ts";
import { storeState } from "./store-state.ts";

/** What is known of keys before a batch. */
export interface Entries {
  get(key: unknown): Entry | undefined;
  entries(): Iterable<Entry>;
}

/** The state that a batch finds: what is committed, or at the very first an initial state. */
export interface FoundState {
  readonly committed: Entries;
  readonly initial: Entries | undefined;
}

const noValues: readonly unknown[] = [];

/**
 * Spark's updateStateByKey: `f` is called for every key that has values in the batch or state, with no values where the batch
 * has none. Returns the pairs of key and new state, and what changed; nothing of an initial state is committed, so all of it is
 * a change then.
 */
export function updateState(
  f: StateFunction,
  batch: KeyMap<Combined>,
  { committed, initial }: FoundState,
  time: number,
): { readonly rows: [unknown, unknown][]; readonly changes: Change[] } {
  const rows: [unknown, unknown][] = [];
  const changes: Change[] = [];
  const found = initial ?? committed;
  const update = (key: unknown, values: readonly unknown[], entry: Entry | undefined): void => {
    const before = entry?.stored;
    const after = f(values, load(before), key, time);
    const stored = storeState(after, key);
    if (initial !== undefined) changes.push({ key, entry: undefined, stored });
    else if (!sameStored(before, stored)) changes.push({ key, entry, stored });
    if (after !== undefined) rows.push([key, after]);
  };
  for (const { key, value } of batch.entries()) update(key, value as readonly unknown[], found.get(key));
  for (const entry of found.entries()) if (batch.get(entry.key) === undefined) update(entry.key, noValues, entry);
  return { rows, changes };
}
