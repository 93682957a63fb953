import { decodeValue, encodeValue } from "../../codec/value-codec.ts";
import type { StoredValue } from "../../state/stored-value.ts";
import { ofKey } from "../store-state.ts";

// A state of mapWithState as it is stored: the batch time at which its key was last in use, 8 bytes, then the encoded state.
// Looking for keys that were idle reads the times only.

const timeLength = 8;

/** @throws VALUE_NOT_ENCODABLE naming the key. */
export function storeTimed(state: unknown, lastUsed: number, key: unknown): StoredValue {
  const value = encoded(state, key);
  const stored = new Uint8Array(timeLength + value.length);
  new DataView(stored.buffer).setFloat64(0, lastUsed);
  stored.set(value, timeLength);
  return stored;
}

function encoded(state: unknown, key: unknown): Uint8Array {
  try {
    return encodeValue(state);
  } catch (thrown) {
    throw ofKey(key, thrown);
  }
}

export function lastUsed(stored: StoredValue): number {
  const { buffer, byteOffset } = stored as Uint8Array;
  return new DataView(buffer, byteOffset).getFloat64(0);
}

/** A fresh decode. */
export function loadTimed(stored: StoredValue): unknown {
  return decodeValue((stored as Uint8Array).subarray(timeLength));
}
