import { KeyMap } from "../../keys/key-map.ts";
import type { MappedRow } from "../../plan/mapped-row.ts";
import type { StateMapping } from "../../plan/nodes/keyed.ts";
import type { Change, Entry } from "../../state/memory-state.ts";
import type { Combined } from "../sinks/keyed-accumulator.ts";
import type { Entries, FoundState } from "../update-state.ts";
import { HeldState } from "./held-state.ts";
import { lastUsed, loadTimed, storeTimed } from "./timed-state.ts";

export interface MappingBatch {
  /** The values of each key. */
  readonly values: KeyMap<Combined>;
  readonly time: number;
  /** Whether anything wants to see all keys and states. */
  readonly wantsSnapshots: boolean;
}

/**
 * Spark's mapWithState: `f` is called for each value, and, where there is a timeout, once more without a value for each key that
 * had none for so long; then the key is removed. Other keys are not touched.
 */
export function mapWithState(
  { f, timeoutMs }: StateMapping,
  { values, time, wantsSnapshots }: MappingBatch,
  { committed, initial }: FoundState,
): { readonly rows: readonly MappedRow[]; readonly changes: readonly Change[] } {
  const rows: MappedRow[] = [];
  const found = initial ?? committed;
  const changed = new KeyMap<Change>();
  const call = (key: unknown, value: unknown, state: HeldState): void => {
    const row = f(key, value, state, time);
    if (row !== undefined) rows.push(["mapped", row]);
  };
  for (const { key, value } of values.entries()) {
    const entry = found.get(key);
    const state = new HeldState(entry === undefined ? undefined : loadTimed(entry.stored));
    for (const one of value as readonly unknown[]) call(key, one, state.next());
    const isTouched = state.isUpdated || (state.exists() && timeoutMs !== undefined);
    if (!isTouched || (!state.exists() && entry === undefined)) continue;
    changed.set({ key, entry, stored: state.exists() ? storeTimed(state.get(), time, key) : undefined });
  }
  for (const entry of timeoutMs === undefined ? [] : idleEntries(found, time - timeoutMs)) {
    if (values.get(entry.key) !== undefined) continue;
    call(entry.key, undefined, new HeldState(loadTimed(entry.stored), { isTimingOut: true }));
    changed.set({ key: entry.key, entry, stored: undefined });
  }
  if (wantsSnapshots) for (const pair of snapshots(found, changed)) rows.push(["snapshot", pair]);
  return { rows, changes: initial === undefined ? [...changed.entries()] : allChanges(initial, changed) };
}

function* idleEntries(found: Entries, since: number): Generator<Entry> {
  for (const entry of found.entries()) if (lastUsed(entry.stored) <= since) yield entry;
}

function* snapshots(found: Entries, changed: KeyMap<Change>): Generator<[unknown, unknown]> {
  for (const { key, stored } of found.entries()) if (changed.get(key) === undefined) yield [key, loadTimed(stored)];
  for (const { key, stored } of changed.entries()) if (stored !== undefined) yield [key, loadTimed(stored)];
}

/** Nothing of an initial state is committed, so all that is left of it is a change. */
function allChanges(initial: Entries, changed: KeyMap<Change>): Change[] {
  const before = [...initial.entries()].filter(({ key }) => changed.get(key) === undefined);
  const after = [...changed.entries()].filter(({ stored }) => stored !== undefined);
  return [...before, ...after].map(({ key, stored }: Change | Entry) => ({ key, entry: undefined, stored }));
}
