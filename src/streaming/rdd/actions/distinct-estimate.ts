import { murmur3 } from "../../../bytes/murmur3.ts";
import { invalidOption } from "../../../errors/checks/check-options.ts";
import { canonicalBytes } from "../../../keys/canonical-bytes.ts";
import type { Aggregator } from "../../../plan/aggregator.ts";

// HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007): each register keeps the longest run of zeros that a hash which falls
// to it began with. Hashes have 64 bits, so that they do not collide before memory ends; few rows are counted by the registers
// that are still empty.

/** Of two hashes of a row one chooses the register, the other, with the rest of the first, has the run of zeros. */
const seeds = [42, 0x9747b28c] as const;

/** Bits that choose a register, for a relative error; Spark's formula. @throws INVALID_OPTION */
export function registerBits(relativeSD: number): number {
  const bits = typeof relativeSD === "number" ? Math.ceil(2 * Math.log2(1.054 / relativeSD)) : Number.NaN;
  if (bits >= 4 && bits <= 24) return bits;
  throw invalidOption("relativeSD", relativeSD, "a number from 0.00026 to 0.26");
}

/** Adds rows to registers, one byte each. */
export function distinctRegisters(bits: number): Aggregator<unknown, Uint8Array> {
  const mergeValue = (registers: Uint8Array, row: unknown): Uint8Array => {
    const bytes = canonicalBytes(row === undefined ? null : row);
    const chooser = murmur3(bytes, seeds[0]);
    const register = chooser >>> (32 - bits);
    const run = murmur3(bytes, seeds[1]);
    const rest = (chooser << bits) >>> 0;
    const zeros = run === 0 ? 32 + Math.min(Math.clz32(rest), 32 - bits) : Math.clz32(run);
    registers[register] = Math.max(registers[register] as number, zeros + 1);
    return registers;
  };
  return {
    create: (row) => mergeValue(new Uint8Array(2 ** bits), row),
    mergeValue,
    mergeCombiners: (a, b) => a.map((run, i) => Math.max(run, b[i] as number)),
  };
}

/** How many different rows the registers have seen, about. */
export function estimateDistinct(registers: Uint8Array): number {
  const count = registers.length;
  let sum = 0;
  let empty = 0;
  for (const run of registers) {
    sum += 2 ** -run;
    if (run === 0) empty++;
  }
  const estimate = (bias(count) * count * count) / sum;
  return Math.round(estimate <= 2.5 * count && empty > 0 ? count * Math.log(count / empty) : estimate);
}

function bias(count: number): number {
  if (count === 16) return 0.673;
  if (count === 32) return 0.697;
  if (count === 64) return 0.709;
  return 0.7213 / (1 + 1.079 / count);
}
