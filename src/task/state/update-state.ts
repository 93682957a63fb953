import { atOnce } from "../../errors/user-code/at-once.ts";
import type { KeyMap } from "../../keys/key-map.ts";
import type { StateFunction } from "../../plan/graph/nodes/keyed.ts";
import type { Change, Entry } from "../../state/entry.ts";
import { load, sameStored } from "../../state/stored-value.ts";
import type { Combined } from "../sinks/keyed/keyed-accumulator.ts";
import { type FoundState, foundBefore, keysOf } from "./found-state.ts";
import { storeState } from "./store-state.ts";

const noValues: readonly unknown[] = [];

/**
 * Spark's updateStateByKey: `f` is called for every key that has values in the batch or state, with no values where the batch
 * has none. Yields the pairs of key and new state, piece by piece, and returns what changed; nothing of an initial state is
 * committed, so all of it is a change then.
 */
export async function* updateState(
  f: StateFunction,
  batch: KeyMap<Combined>,
  state: FoundState,
  time: number,
): AsyncGenerator<[unknown, unknown][], Change[]> {
  const changes: Change[] = [];
  const before = foundBefore(state);
  let rows: [unknown, unknown][] = [];
  const update = (key: unknown, values: readonly unknown[], entry: Entry | undefined): void => {
    const was = entry?.stored;
    const after = atOnce(f(values, load(was), key, time));
    const stored = storeState(after, key);
    if (state.initial !== undefined) changes.push({ key, entry: undefined, stored });
    else if (!sameStored(was, stored)) changes.push({ key, entry, stored });
    if (after !== undefined) rows.push([key, after]);
  };
  const found = await before.find(keysOf(batch));
  for (const { key, value } of batch.entries()) update(key, value as readonly unknown[], found.get(key));
  for await (const entries of before.entries()) {
    for (const entry of entries) if (batch.get(entry.key) === undefined) update(entry.key, noValues, entry);
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
  return changes;
}
