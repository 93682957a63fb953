/** A value as the store keeps it: a primitive as it is, anything else as bytes, so that nobody can change it in place. */
export type StoredValue = string | number | boolean | bigint | null | undefined | Uint8Array;

/** How values become bytes. The encoder belongs to the tasks, so they give it to the store. */
export interface StateCodec {
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

export function store(value: unknown, codec: StateCodec): StoredValue {
  const isObject =
    (typeof value === "object" && value !== null) || typeof value === "function" || typeof value === "symbol";
  return isObject ? codec.encode(value) : (value as StoredValue);
}

/** A fresh decode: changing what is handed out changes nothing that is stored. */
export function load(stored: StoredValue, codec: StateCodec): unknown {
  return stored instanceof Uint8Array ? codec.decode(stored) : stored;
}

/** Changed means other encoded bytes, never identity. */
export function sameStored(a: StoredValue, b: StoredValue): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  return Object.is(a, b);
}
