import type { Change, Entry } from "./entry.ts";
import type { StateFile } from "./files/state-file.ts";
import type { StateSlice } from "./manifest.ts";
import type { AskedState, FoundInMemory } from "./query/asked-state.ts";

/** What was found of the keys that were asked for. */
export interface FoundEntries {
  get(key: unknown): Entry | undefined;
}

/** The state of one operator in one partition, as a batch finds it. */
export interface OpenState {
  /** @throws CHECKPOINT_CORRUPT, CHECKPOINT_UNAVAILABLE */
  find(keys: Iterable<unknown>): Promise<FoundEntries>;
  /**
   * All entries, piece by piece, in an order that depends on nothing but the manifest that the state was opened with. Of an entry
   * the key and the state are to be had until the next piece is asked for; what was taken of it, bytes too, stays what it is.
   *
   * @throws CHECKPOINT_CORRUPT, CHECKPOINT_UNAVAILABLE
   */
  entries(): AsyncIterable<Iterable<Entry>>;
  /** Writes what a batch changed; nothing counts before a manifest names the files, which it must in their order. */
  propose(time: number, changes: readonly Change[]): Promise<readonly StateFile[]>;
}

/** The keyed state that one worker reaches. Which version of it a task gets is said by the manifest that it was given. */
export interface StateStore {
  /**
   * For the batch of `time`.
   *
   * @throws CHECKPOINT_CORRUPT, CHECKPOINT_UNAVAILABLE; WORKER_DIED when the state was in another worker's memory only.
   */
  open(slice: StateSlice, time: number): Promise<OpenState>;
  /** What it has in memory of a state, where that is just the version that is asked for; undefined: it is to be read from files. */
  lookUp?(asked: AskedState): FoundInMemory | undefined;
  close(): Promise<void>;
}
