import type { Random } from "../../../src/runtime/machine/random.ts";
import { seededRandom } from "../../support/seeded-random.ts";

export function simRandom(seed: number): Random {
  const next = seededRandom(seed);
  return {
    fraction: () => next(2 ** 30) / 2 ** 30,
    bytes: (length) => Buffer.from(Array.from({ length }, () => next(256))),
  };
}
