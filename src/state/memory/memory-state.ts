import { KeyMap } from "../../keys/key-map.ts";
import type { Change, Entry } from "../entry.ts";
import type { StoredValue } from "../stored-value.ts";

/** An entry whose state and bucket are set as they come. */
export interface MemoryEntry extends Entry {
  stored: StoredValue;
  bucket: number | undefined;
}

/**
 * The state of one operator in one partition, in memory: one committed version of it, and beside it the changes of the last
 * attempt, which count only once a manifest names the file that the attempt wrote. Entries iterate in the order in which
 * their keys came, primitives before others, and loading keeps that order.
 */
export class MemoryState {
  /** What it holds, see `versionOf`; undefined: nothing that can be relied on. */
  version: string | undefined;
  readonly #entries = new KeyMap<MemoryEntry>();
  #overlay: { readonly id: string; readonly changes: readonly Change[] } | undefined;

  get size(): number {
    return this.#entries.size;
  }

  get(key: unknown): MemoryEntry | undefined {
    return this.#entries.get(key);
  }

  entries(): Iterable<MemoryEntry> {
    return this.#entries.entries();
  }

  set(key: unknown, stored: StoredValue, bucket: number | undefined): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set({ key, stored, bucket });
    else entry.stored = stored;
  }

  delete(key: unknown): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#overlay = undefined;
  }

  /** Keeps the changes of an attempt aside, in place of those of an earlier one. */
  propose(id: string, changes: readonly Change[]): void {
    this.#overlay = { id, changes };
  }

  /** The file whose changes wait. */
  get proposed(): string | undefined {
    return this.#overlay?.id;
  }

  /** The attempt that proposed last was accepted: its changes count. */
  applyProposed(): void {
    this.version = this.#overlay?.id;
    for (const { key, entry, stored, bucket } of this.#overlay?.changes ?? []) {
      if (stored === undefined) this.#entries.delete(key);
      else if (entry === undefined) this.#entries.set({ key, stored, bucket });
      else (entry as MemoryEntry).stored = stored;
    }
    this.#overlay = undefined;
  }

  dropProposed(): void {
    this.#overlay = undefined;
  }
}
