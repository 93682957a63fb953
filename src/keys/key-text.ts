import { hashKey } from "./hash-key.ts";

/**
 * A key as messages name it: its kind and its hash, by which it can be told from others and found again. What it says may be
 * nobody's business, and keys are often names or addresses.
 */
export function keyText(key: unknown): string {
  return `the key with hash ${hashText(key)} (${kindOf(key)})`;
}

function hashText(key: unknown): string {
  try {
    return hashKey(key).toString(16).padStart(8, "0");
  } catch {
    return "none";
  }
}

function kindOf(key: unknown): string {
  if (key === null) return "null";
  if (typeof key !== "object") return typeof key;
  if (Array.isArray(key)) return "array";
  if (key instanceof Date) return "date";
  return key instanceof Uint8Array ? "bytes" : "object";
}
