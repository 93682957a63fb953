import { KeyMap } from "../keys/key-map.ts";
import type { KeyPartitioning } from "../plan/partitioner.ts";
import type { Entry } from "../state/memory-state.ts";
import { store } from "../state/stored-value.ts";
import { keyLocator } from "./locate-key.ts";

/** The pairs of an initial state whose keys live in a partition; of several for a key the last. @throws VALUE_NOT_ENCODABLE, KEY_NOT_CANONICAL */
export function initialState(
  pairs: readonly (readonly [unknown, unknown])[],
  partitioning: KeyPartitioning,
  buckets: number,
  partition: number,
): KeyMap<Entry> {
  const locate = keyLocator(partitioning, buckets);
  const entries = new KeyMap<Entry>();
  for (const [key, value] of pairs) {
    if (locate(key) === partition) entries.set({ key: key === 0 ? 0 : key, stored: store(value), bucket: undefined });
  }
  return entries;
}
