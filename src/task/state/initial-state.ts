import { canonicalKey } from "../../keys/canonical-key.ts";
import { KeyMap } from "../../keys/key-map.ts";
import type { InitialState } from "../../plan/graph/nodes/keyed.ts";
import type { Entry } from "../../state/entry.ts";
import type { StoredValue } from "../../state/stored-value.ts";

/**
 * The pairs of an initial state whose keys live in a partition; which of several for a key counts is the operator's, as in Spark.
 *
 * @throws VALUE_NOT_ENCODABLE, KEY_NOT_CANONICAL
 */
export function initialState(
  pairs: InitialState,
  isHere: (key: unknown) => boolean,
  storeState: (state: unknown, key: unknown) => StoredValue,
  counting: "first" | "last",
): KeyMap<Entry> {
  const entries = new KeyMap<Entry>();
  for (const [given, value] of pairs) {
    const key = canonicalKey(given);
    if (!isHere(key) || (counting === "first" && entries.get(key) !== undefined)) continue;
    entries.set({ key, stored: storeState(value, key), bucket: undefined });
  }
  return entries;
}
