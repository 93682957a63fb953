import { randomBytes } from "node:crypto";

/** Sixteen hexadecimal digits that nobody else has: names for what several processes write side by side. */
export function uniqueId(): string {
  return randomBytes(8).toString("hex");
}
