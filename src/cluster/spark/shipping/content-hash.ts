import { createHash } from "node:crypto";

/** SHA-256 in hexadecimal digits. */
export function contentHash(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** The part of a hash that names of shipped files have. */
export function shortHash(hash: string): string {
  return hash.slice(0, 16);
}
