import { atOnce } from "../../errors/user-code/at-once.ts";
import { KeyMap } from "../../keys/key-map.ts";
import type { StateMapping } from "../../plan/graph/nodes/keyed.ts";
import type { MappedRow } from "../../plan/mapped-row.ts";
import type { Change, Entry } from "../../state/entry.ts";
import type { Combined } from "../sinks/keyed/keyed-accumulator.ts";
import { type FoundState, foundBefore, keysOf, type StateBefore } from "./found-state.ts";
import { HeldState } from "./held-state.ts";
import { lastUsed, loadMapped, storeMapped } from "./mapped-state.ts";

export interface MappingBatch {
  /** The values of each key. */
  readonly values: KeyMap<Combined>;
  readonly time: number;
  /** Whether anything wants to see all keys and states. */
  readonly wantsSnapshots: boolean;
}

/**
 * Spark's mapWithState: `f` is called for each value, and, where there is a timeout, once more without a value for each key that
 * had none for so long; then the key is removed. Other keys are not touched. Yields rows, piece by piece, and returns what changed.
 */
export async function* mapWithState(
  { f, timeoutMs }: StateMapping,
  { values, time, wantsSnapshots }: MappingBatch,
  state: FoundState,
): AsyncGenerator<readonly MappedRow[], readonly Change[]> {
  const rows: MappedRow[] = [];
  const before = foundBefore(state);
  const changed = new KeyMap<Change>();
  const call = (key: unknown, value: unknown, held: HeldState): void => {
    const row = atOnce(f(key, value, held, time));
    if (row !== undefined) rows.push(["mapped", row]);
  };
  const found = await before.find(keysOf(values));
  for (const { key, value } of values.entries()) {
    const entry = found.get(key);
    const held = new HeldState(entry === undefined ? undefined : loadMapped(entry.stored));
    for (const one of value as readonly unknown[]) call(key, one, held.next());
    const isTouched = held.isUpdated || (held.exists() && timeoutMs !== undefined);
    if (!isTouched || (!held.exists() && entry === undefined)) continue;
    changed.set({ key, entry, stored: held.exists() ? storeMapped(held.get(), time, key) : undefined });
  }
  for await (const entry of timeoutMs === undefined ? [] : idleEntries(before, time - timeoutMs)) {
    if (values.get(entry.key) !== undefined) continue;
    call(entry.key, undefined, new HeldState(loadMapped(entry.stored), { isTimingOut: true }));
    changed.set({ key: entry.key, entry, stored: undefined });
  }
  yield rows;
  if (wantsSnapshots) yield* snapshots(before, changed);
  return state.initial === undefined ? [...changed.entries()] : allChanges(state.initial, changed);
}

async function* idleEntries(before: StateBefore, since: number): AsyncGenerator<Entry> {
  for await (const entries of before.entries()) {
    for (const entry of entries) if (lastUsed(entry.stored) <= since) yield entry;
  }
}

async function* snapshots(before: StateBefore, changed: KeyMap<Change>): AsyncGenerator<MappedRow[]> {
  for await (const entries of before.entries()) {
    const rows: MappedRow[] = [];
    for (const { key, stored } of entries) {
      if (changed.get(key) === undefined) rows.push(["snapshot", [key, loadMapped(stored)]]);
    }
    yield rows;
  }
  const rows: MappedRow[] = [];
  for (const { key, stored } of changed.entries()) {
    if (stored !== undefined) rows.push(["snapshot", [key, loadMapped(stored)]]);
  }
  yield rows;
}

/** Nothing of an initial state is committed, so all that is left of it is a change. */
function allChanges(initial: KeyMap<Entry>, changed: KeyMap<Change>): Change[] {
  const before = [...initial.entries()].filter(({ key }) => changed.get(key) === undefined);
  const after = [...changed.entries()].filter(({ stored }) => stored !== undefined);
  return [...before, ...after].map(({ key, stored }: Change | Entry) => ({ key, entry: undefined, stored }));
}
