import { decodeValue, encodeValue } from "../codec/value-codec.ts";
import type { KeyMap } from "../keys/key-map.ts";
import type { StateFunction } from "../plan/nodes/keyed.ts";
import type { Change, MemoryState } from "../state/memory-state.ts";
import { load, type StateCodec, type StoredValue, sameStored, store } from "../state/stored-value.ts";
import type { Combined } from "./sinks/keyed-accumulator.ts";

const codec: StateCodec = { encode: encodeValue, decode: decodeValue };
const noValues: readonly unknown[] = [];

/**
 * Spark's updateStateByKey: `f` is called for every key that has values in the batch or state, with no values where the batch
 * has none. Returns the pairs of key and new state; the changes wait in `state` for the batch's commit.
 */
export function updateState(
  f: StateFunction,
  batch: KeyMap<Combined>,
  state: MemoryState,
  time: number,
): [unknown, unknown][] {
  const rows: [unknown, unknown][] = [];
  const changes: Change[] = [];
  const update = (key: unknown, values: readonly unknown[], before: StoredValue): void => {
    const after = f(values, load(before, codec), key, time);
    if (after === undefined) {
      if (before !== undefined) changes.push({ key, removed: true, stored: undefined });
      return;
    }
    const stored = store(after, codec);
    if (!sameStored(before, stored)) changes.push({ key, removed: false, stored });
    rows.push([key, after]);
  };
  for (const { key, value } of batch.entries()) update(key, value as readonly unknown[], state.get(key));
  for (const { key, stored } of state.entries()) if (batch.get(key) === undefined) update(key, noValues, stored);
  state.propose(time, changes);
  return rows;
}
