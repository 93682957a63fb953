import { catchUp } from "./catch-up.ts";
import type { StateSlice } from "./manifest.ts";
import { type Change, type Entry, MemoryState } from "./memory-state.ts";
import type { StateFile, StateFiles } from "./state-file.ts";
import { writeChanges } from "./write-changes.ts";

/** The state of one operator in one partition, as a batch finds it. */
export interface OpenState {
  get(key: unknown): Entry | undefined;
  entries(): Iterable<Entry>;
  /** Writes what a batch changed; nothing counts before a manifest names the file. Undefined when there is no change. */
  propose(time: number, changes: readonly Change[]): Promise<StateFile | undefined>;
}

/**
 * The keyed state that one worker holds in memory. Which version of it a task gets is said by the manifest it was given; what
 * the memory lacks is loaded from files, so that any worker can run any task at any time.
 */
export class StateStore {
  readonly #files: StateFiles;
  readonly #states = new Map<string, MemoryState>();

  constructor(files: StateFiles) {
    this.#files = files;
  }

  /** @throws CHECKPOINT_CORRUPT, CHECKPOINT_UNAVAILABLE; WORKER_DIED when the state was in another worker's memory only. */
  async open(slice: StateSlice): Promise<OpenState> {
    const id = `${slice.from}-${slice.until} ${slice.operator}`;
    let state = this.#states.get(id);
    if (state === undefined) {
      state = new MemoryState();
      this.#states.set(id, state);
    }
    await catchUp(state, slice, this.#files);
    const current = state;
    return {
      get: (key) => current.get(key),
      entries: () => current.entries(),
      propose: async (time, changes) => {
        if (changes.length === 0) return undefined;
        const file = await writeChanges(current, changes, slice, time, this.#files);
        current.propose(file.id, changes);
        return file;
      },
    };
  }
}
