import { decodeValue, encodeValue } from "../../codec/value-codec.ts";
import type { StoredValue } from "../../state/stored-value.ts";
import { ofKey } from "./store-state.ts";

// A state of mapWithState as it is stored: the batch time at which its key was last in use, 8 bytes, then the encoded state.
// Looking for keys that were idle reads the times only.

const timeLength = 8;
/** For any bytes: unlike a DataView they do not ask for a small array's buffer, which V8 makes only then and keeps. */
const { readDoubleBE, writeDoubleBE } = Buffer.prototype;

/** @throws VALUE_NOT_ENCODABLE naming the key. */
export function storeMapped(state: unknown, lastUsed: number, key: unknown): StoredValue {
  const value = encoded(state, key);
  const stored = new Uint8Array(timeLength + value.length);
  writeDoubleBE.call(stored as Buffer, lastUsed, 0);
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
  return readDoubleBE.call(stored as Buffer, 0);
}

/** A fresh decode. */
export function loadMapped(stored: StoredValue): unknown {
  return decodeValue((stored as Uint8Array).subarray(timeLength));
}
