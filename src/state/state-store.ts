import { type EntryMap, MemoryState } from "./memory-state.ts";

/** The keyed state that one worker holds: by operator name and partition. */
export class StateStore {
  readonly #newMap: () => EntryMap;
  readonly #states = new Map<string, MemoryState>();

  constructor(newMap: () => EntryMap) {
    this.#newMap = newMap;
  }

  /** The state of an operator in a partition; empty when it was never used. */
  open(operator: string, partition: number): MemoryState {
    const id = `${partition} ${operator}`;
    let state = this.#states.get(id);
    if (state === undefined) {
      state = new MemoryState(this.#newMap());
      this.#states.set(id, state);
    }
    return state;
  }

  /** Applies what the batch of `time` changed. */
  commit(time: number): void {
    for (const state of this.#states.values()) state.commit(time);
  }
}
