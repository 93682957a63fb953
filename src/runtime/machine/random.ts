import { randomBytes } from "node:crypto";

/** What nobody can foresee. */
export interface Random {
  /** At least 0, less than 1. */
  fraction(): number;
  bytes(length: number): Buffer;
}

/** Sixteen hexadecimal digits that nobody else has: names for what several processes write side by side. */
export function uniqueId(random: Random): string {
  return random.bytes(8).toString("hex");
}

/** A UUID of version 4 (RFC 9562, section 5.4). */
export function uuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const digits = bytes.toString("hex");
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, until]) => digits.slice(from, until))
    .join("-");
}

/** The machine's. */
export const nodeRandom: Random = { fraction: () => Math.random(), bytes: randomBytes };
