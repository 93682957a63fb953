import { DStreamError } from "../../errors/dstream-error.ts";
import { rowsAtOnce } from "../../errors/user-code/at-once.ts";
import { canonicalKey } from "../../keys/canonical-key.ts";
import { KeyMap } from "../../keys/key-map.ts";
import { keyText } from "../../keys/key-text.ts";
import type { PartitionStateFunction } from "../../plan/graph/nodes/keyed.ts";
import type { Change, Entry } from "../../state/entry.ts";
import { load, type StoredValue, sameStored } from "../../state/stored-value.ts";
import type { Combined } from "../sinks/keyed/keyed-accumulator.ts";
import { type FoundState, foundBefore } from "./found-state.ts";
import { storeState } from "./store-state.ts";

/**
 * Spark's updateStateByKey with an iterator: `f` gets every key of the partition that has values or state, and gives the pairs that
 * are its state from now on; what it does not give is removed. A key's place is where its state is looked for, so that `f` can
 * give no key of another partition, and a key has one state. All state of the partition is in memory meanwhile. Yields the pairs and
 * returns what changed.
 */
export async function* updatePartition(
  f: PartitionStateFunction,
  batch: KeyMap<Combined>,
  state: FoundState,
  { time, isHere }: { readonly time: number; readonly isHere: (key: unknown) => boolean },
): AsyncGenerator<[unknown, unknown][], Change[]> {
  const found = new KeyMap<Pick<Entry, "key" | "stored"> & { readonly entry: Entry }>();
  for await (const entries of foundBefore(state).entries()) {
    for (const entry of entries) found.set({ key: entry.key, stored: entry.stored, entry });
  }
  const keysAndState = function* (): Generator<readonly [unknown, readonly unknown[], unknown]> {
    for (const { key, value } of batch.entries()) {
      yield [key, value as readonly unknown[], load(found.get(key)?.stored)];
    }
    for (const { key, stored } of found.entries()) if (batch.get(key) === undefined) yield [key, [], load(stored)];
  };
  const isInitial = state.initial !== undefined;
  const rows: [unknown, unknown][] = [];
  const changes: Change[] = [];
  const given = new KeyMap<{ readonly key: unknown; readonly stored: StoredValue }>();
  for (const [givenKey, after] of rowsAtOnce(f(keysAndState(), time))) {
    const key = canonicalKey(givenKey);
    if (!isHere(key)) throw notAllowed(key, "belongs to another partition");
    if (given.get(key) !== undefined) throw notAllowed(key, "was given twice");
    const stored = storeState(after, key);
    given.set({ key, stored });
    if (after !== undefined) rows.push([key, after]);
    const { entry, stored: before } = found.get(key) ?? {};
    if (isInitial) changes.push({ key, entry: undefined, stored });
    else if (!sameStored(before, stored)) changes.push({ key, entry, stored });
  }
  for (const { key, entry } of found.entries()) {
    if (given.get(key) !== undefined) continue;
    changes.push({ key, entry: isInitial ? undefined : entry, stored: undefined });
  }
  yield rows;
  return changes;
}

function notAllowed(key: unknown, why: string): DStreamError {
  return new DStreamError("ILLEGAL_STATE", `${keyText(key)} ${why}; change keys with map(), behind it`);
}
