import { canonicalBytes } from "./canonical-bytes.ts";

/** Whether two keys are one by value, as KeyMap compares them. */
export function sameKey(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a === "string" || typeof b === "string") return false;
  return Buffer.compare(canonicalBytes(a), canonicalBytes(b)) === 0;
}

/** The same for comparing one key with many. @throws KEY_NOT_CANONICAL */
export function sameKeyAs(key: unknown): (other: unknown) => boolean {
  const bytes = canonicalBytes(key);
  // Stored keys have no −0, and NaN is one key.
  if (typeof key !== "object" || key === null) return (other) => other === key || Object.is(other, key);
  return (other) => {
    return typeof other === "object" && other !== null && Buffer.compare(canonicalBytes(other), bytes) === 0;
  };
}
