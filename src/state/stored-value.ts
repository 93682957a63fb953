import { checkText } from "../codec/plain-value.ts";
import { decodeValue, encodeValue } from "../codec/value-codec.ts";

/** A value as the store keeps it: a primitive as it is, anything else as bytes, so that nobody can change it in place. Undefined: no state. */
export type StoredValue = string | number | boolean | bigint | null | undefined | Uint8Array;

/** @throws VALUE_NOT_ENCODABLE */
export function store(value: unknown): StoredValue {
  if (typeof value === "string") checkText(value);
  const isObject =
    (typeof value === "object" && value !== null) || typeof value === "function" || typeof value === "symbol";
  return isObject ? encodeValue(value) : (value as StoredValue);
}

/** A fresh decode: changing what is handed out changes nothing that is stored. */
export function load(stored: StoredValue): unknown {
  return stored instanceof Uint8Array ? decodeValue(stored) : stored;
}

/** Changed means other encoded bytes, never identity. */
export function sameStored(a: StoredValue, b: StoredValue): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  return Object.is(a, b);
}
