import { load, type StoredValue } from "../../state/stored-value.ts";
import { loadMapped } from "./mapped-state.ts";

/**
 * A fresh decode of a state, whichever operator stored it. Its first byte says it: the times that those of mapWithState begin with, which
 * are less than 2^49 ms from 1970, have others than MessagePack has for arrays and objects, which updateStateByKey stores as bytes.
 */
export function loadState(stored: StoredValue): unknown {
  if (!(stored instanceof Uint8Array)) return load(stored);
  const first = stored[0] as number;
  const isObject = (first >= 0x80 && first < 0xa0) || first >= 0xc4;
  return isObject ? load(stored) : loadMapped(stored);
}
