import type { StoredValue } from "./stored-value.ts";

/** A key with its state. */
export interface Entry {
  readonly key: unknown;
  readonly stored: StoredValue;
  /** Bucket of the key; undefined until a file needs it. */
  readonly bucket: number | undefined;
}

/** What a batch does to a key: gives it a new state, or with undefined none. `entry` is the key's, where it had state before. */
export interface Change {
  readonly key: unknown;
  readonly entry: Entry | undefined;
  readonly stored: StoredValue;
  /** Bucket of a new key, where its operator decides that by something else than the key. */
  readonly bucket?: number;
  /** Set where it is about something that the operator notes for itself, and not a key or a pane: nobody counts it. */
  readonly isNote?: boolean;
}

/** Entries, without notes, that there are more behind some changes, or, where it is negative, fewer. */
export function entriesAdded(changes: readonly Change[]): number {
  let added = 0;
  for (const { entry, stored, isNote = false } of changes) {
    if (isNote) continue;
    if (entry === undefined && stored !== undefined) added++;
    else if (entry !== undefined && stored === undefined) added--;
  }
  return added;
}
