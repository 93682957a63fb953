import { canonicalBytes } from "./canonical-bytes.ts";

/** Whether two keys are one by value, as KeyMap compares them. */
export function sameKey(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a === "string" || typeof b === "string") return false;
  return Buffer.compare(canonicalBytes(a), canonicalBytes(b)) === 0;
}
