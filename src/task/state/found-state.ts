import type { KeyMap } from "../../keys/key-map.ts";
import type { Entry } from "../../state/entry.ts";
import type { FoundEntries, OpenState } from "../../state/state-store.ts";

/** What is known of keys before a batch. */
export type StateBefore = Pick<OpenState, "find" | "entries">;

/** The state that a batch finds: what is committed, or at the very first an initial state. */
export interface FoundState {
  readonly committed: StateBefore;
  readonly initial: KeyMap<Entry> | undefined;
}

export function foundBefore({ committed, initial }: FoundState): StateBefore {
  if (initial === undefined) return committed;
  return {
    find: async (): Promise<FoundEntries> => initial,
    async *entries() {
      yield initial.entries();
    },
  };
}

/** The keys of a batch's values. */
export function* keysOf(entries: KeyMap<{ readonly key: unknown }>): Generator<unknown> {
  for (const { key } of entries.entries()) yield key;
}
