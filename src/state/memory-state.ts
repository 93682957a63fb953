import { KeyMap } from "../keys/key-map.ts";
import type { StoredValue } from "./stored-value.ts";

/** A key with its state. */
export interface Entry {
  readonly key: unknown;
  stored: StoredValue;
  /** Bucket of the key; undefined until a file needs it. */
  bucket: number | undefined;
}

/** What a batch does to a key: gives it a new state, or with undefined none. `entry` is the key's, where it had state before. */
export interface Change {
  readonly key: unknown;
  readonly entry: Entry | undefined;
  readonly stored: StoredValue;
  /** Bucket of a new key, where its operator decides that by something else than the key. */
  readonly bucket?: number;
}

/**
 * The state of one operator in one partition, in memory: one committed version of it, and beside it the changes of the last
 * attempt, which count only once a manifest names the file that the attempt wrote. Entries iterate in the order in which
 * their keys came, primitives before others, and loading keeps that order.
 */
export class MemoryState {
  /** What it holds, see `versionOf`; undefined: nothing that can be relied on. */
  version: string | undefined;
  readonly #entries = new KeyMap<Entry>();
  #overlay: { readonly id: string; readonly changes: readonly Change[] } | undefined;

  get size(): number {
    return this.#entries.size;
  }

  get(key: unknown): Entry | undefined {
    return this.#entries.get(key);
  }

  entries(): Iterable<Entry> {
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
    for (const { key, entry, stored, bucket } of this.#overlay?.changes ?? []) {
      if (stored === undefined) this.#entries.delete(key);
      else if (entry === undefined) this.#entries.set({ key, stored, bucket });
      else entry.stored = stored;
    }
    this.#overlay = undefined;
  }

  dropProposed(): void {
    this.#overlay = undefined;
  }
}
