import { type Change, type Entry, entriesAdded } from "../entry.ts";
import type { StateFile, StateFiles } from "../files/state-file.ts";
import type { StateSlice } from "../manifest.ts";
import type { AskedState, FoundInMemory } from "../query/asked-state.ts";
import { SlicesInUse, sliceId } from "../slices-in-use.ts";
import type { FoundEntries, OpenState, StateStore } from "../state-store.ts";
import { catchUp } from "./catch-up.ts";
import { MemoryState } from "./memory-state.ts";
import { writeChanges } from "./write-changes.ts";

/**
 * State that one worker holds in memory; what the memory lacks is loaded from files, so that any worker can run any task at any
 * time.
 */
export class MemoryStore implements StateStore {
  readonly #files: StateFiles;
  readonly #states = new Map<string, MemoryState>();
  readonly #inUse = new SlicesInUse();

  constructor(files: StateFiles) {
    this.#files = files;
  }

  async open(slice: StateSlice, time: number): Promise<OpenState> {
    // What is in no file is kept for as long as the worker lives.
    if (this.#files.isDurable) for (const id of this.#inUse.opened(slice, time)) this.#states.delete(id);
    const state = this.#states.get(sliceId(slice)) ?? new MemoryState();
    this.#states.set(sliceId(slice), state);
    await catchUp(state, slice, this.#files);
    return new OpenMemoryState(state, slice, this.#files);
  }

  lookUp({ file, key }: AskedState): FoundInMemory | undefined {
    const state = this.#states.get(sliceId(file));
    if (state === undefined) return undefined;
    // The batch that proposed last was committed, and no later one has begun here.
    if (state.proposed === file.id) state.applyProposed();
    return state.version === file.id ? { stored: state.get(key)?.stored } : undefined;
  }

  async close(): Promise<void> {
    this.#states.clear();
  }
}

class OpenMemoryState implements OpenState {
  readonly #state: MemoryState;
  readonly #slice: StateSlice;
  readonly #files: StateFiles;

  constructor(state: MemoryState, slice: StateSlice, files: StateFiles) {
    this.#state = state;
    this.#slice = slice;
    this.#files = files;
  }

  async find(): Promise<FoundEntries> {
    return this.#state;
  }

  async *entries(): AsyncGenerator<Iterable<Entry>> {
    yield this.#state.entries();
  }

  async propose(time: number, changes: readonly Change[]): Promise<readonly StateFile[]> {
    if (changes.length === 0) return [];
    const file = await writeChanges(this.#state, changes, this.#slice, time, this.#files);
    this.#state.propose(file.id, changes);
    return [{ ...file, added: entriesAdded(changes) }];
  }
}
