import { createHash, timingSafeEqual } from "node:crypto";

/** Whether two secrets are the same, in the same time whatever differs. */
export function isSameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
