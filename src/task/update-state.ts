import { DStreamError } from "../errors/dstream-error.ts";
import type { KeyMap } from "../keys/key-map.ts";
import type { StateFunction } from "../plan/nodes/keyed.ts";
import type { Change, Entry } from "../state/memory-state.ts";
import { load, type StoredValue, sameStored, store } from "../state/stored-value.ts";
import type { Combined } from "./sinks/keyed-accumulator.ts";

/** The state that a batch finds: what is committed, or at the very first an initial state. */
export interface FoundState {
  get(key: unknown): Entry | undefined;
  entries(): Iterable<Entry>;
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
  { committed, initial }: { readonly committed: FoundState; readonly initial: FoundState | undefined },
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

/** @throws VALUE_NOT_ENCODABLE naming the key. */
function storeState(state: unknown, key: unknown): StoredValue {
  try {
    return store(state);
  } catch (thrown) {
    const error = DStreamError.from(thrown);
    const text = `the state of key ${JSON.stringify(key)}: ${error.message.replace(/^\[\w+\] /, "")}`;
    throw new DStreamError(error.code, text, { cause: error.cause, data: error.data });
  }
}
