import { KeyMap } from "../../keys/key-map.ts";
import type { Change } from "../entry.ts";
import type { StoredValue } from "../stored-value.ts";
import { MemoryState } from "./memory-state.ts";

/**
 * What several deltas, given in their order, add up to. A key whose state was removed and came back is among both: it goes, and
 * comes back at its new place in the order of keys, as it did in the memory of a worker that saw one delta after the other.
 */
export class RecentChanges {
  readonly state = new MemoryState();
  readonly removed = new KeyMap<{ readonly key: unknown; readonly bucket: number | undefined }>();

  set(key: unknown, stored: StoredValue, bucket: number | undefined): void {
    this.state.set(key, stored, bucket);
  }

  delete(key: unknown, bucket: number | undefined): void {
    this.state.delete(key);
    this.removed.set({ key, bucket });
  }

  add(changes: readonly Change[]): void {
    for (const { key, entry, stored, bucket = entry?.bucket } of changes) {
      if (stored === undefined) this.delete(key, bucket);
      else this.set(key, stored, bucket);
    }
  }
}
