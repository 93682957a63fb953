import type { StoredValue } from "./stored-value.ts";

interface Entry {
  readonly key: unknown;
  stored: StoredValue;
}

/** A map by key value that the store keeps its entries in; the tasks' KeyMap is one. */
export interface EntryMap {
  readonly size: number;
  get(key: unknown): Entry | undefined;
  set(entry: Entry): void;
  delete(key: unknown): void;
  entries(): Iterable<Entry>;
}

/** A change of one key in a batch that is not committed yet; `removed` and no value, or the new value. */
export interface Change {
  readonly key: unknown;
  readonly removed: boolean;
  readonly stored: StoredValue;
}

/**
 * The state of one operator in one partition, in memory. It holds the committed version only; a batch collects its changes
 * aside and they are applied when the driver says that the batch is committed. A batch that failed leaves nothing, so that
 * running it again finds the state it began with.
 */
export class MemoryState {
  readonly #committed: EntryMap;
  #pending: { readonly time: number; readonly changes: readonly Change[] } | undefined;

  constructor(empty: EntryMap) {
    this.#committed = empty;
  }

  get(key: unknown): StoredValue {
    return this.#committed.get(key)?.stored;
  }

  entries(): Iterable<Entry> {
    return this.#committed.entries();
  }

  /** The changes of a batch; those of an earlier attempt are forgotten. */
  propose(time: number, changes: readonly Change[]): void {
    this.#pending = { time, changes };
  }

  /** The driver committed the batch of `time`. */
  commit(time: number): void {
    if (this.#pending?.time !== time) return;
    for (const { key, removed, stored } of this.#pending.changes) {
      const present = this.#committed.get(key);
      if (removed) this.#committed.delete(key);
      else if (present === undefined) this.#committed.set({ key, stored });
      else present.stored = stored;
    }
    this.#pending = undefined;
  }
}
