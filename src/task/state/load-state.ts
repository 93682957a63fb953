import { load, type StoredValue } from "../../state/stored-value.ts";
import { loadTimed } from "./timed-state.ts";

/**
 * A fresh decode of a state, whichever operator stored it. The bytes say it: those of mapWithState begin with a time after 1970, whose
 * first byte is below 128, and those of objects that updateStateByKey has are MessagePack's, which begin above.
 */
export function loadState(stored: StoredValue): unknown {
  const isTimed = stored instanceof Uint8Array && (stored[0] as number) < 0x80;
  return isTimed ? loadTimed(stored) : load(stored);
}
