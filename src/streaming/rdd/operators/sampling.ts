import { checkInteger, checkNumber, checkPositive } from "../../../errors/checks/check-number.ts";
import { invalidOption } from "../../../errors/checks/check-options.ts";
import type { Random } from "../../../runtime/machine/random.ts";

/** Mulberry32: a small generator of numbers from 0 to 1, repeatable by its seed. */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed for samples of which the program does not say that they be repeatable. */
export function anySeed(random: Random): number {
  return Math.floor(random.fraction() * 2 ** 32);
}

/**
 * How often each next row is taken: once with probability `fraction`, or, with replacement, Poisson with that mean: as many events as
 * a process of rate 1 has in a time of `fraction`, with exponential times between them (Devroye, Non-Uniform Random Variate
 * Generation, 1986, chapter X.3). That takes as long as there are events, each of which is a row that is given.
 */
export function sampler(withReplacement: boolean, fraction: number, random: () => number): () => number {
  if (!withReplacement) return () => (random() < fraction ? 1 : 0);
  const untilNext = (): number => -Math.log(random());
  return () => {
    let times = 0;
    for (let at = untilNext(); at < fraction; at += untilNext()) times++;
    return times;
  };
}

/** Exactly `count` of the rows, in no order: each at most once, or, with replacement, any number of times. */
export function draw<T>(rows: readonly T[], withReplacement: boolean, count: number, random: () => number): T[] {
  const pick = (from: number): number => from + Math.floor(random() * (rows.length - from));
  if (withReplacement) return rows.length === 0 ? [] : Array.from({ length: count }, () => rows[pick(0)] as T);
  const left = [...rows];
  const drawn = Math.min(count, left.length);
  for (let i = 0; i < drawn; i++) {
    const other = pick(i);
    [left[i], left[other]] = [left[other] as T, left[i] as T];
  }
  return left.slice(0, drawn);
}

/** @throws INVALID_OPTION */
export function checkFraction(what: string, withReplacement: boolean, fraction: number): void {
  checkNumber(what, fraction, 0, withReplacement ? {} : { most: 1, allowed: "from 0 to 1" });
}

/** The seed of a sample that the program wants to repeat. @throws INVALID_OPTION */
export function checkSeed(operator: string, seed: number): number {
  checkInteger(`${operator}'s seed`, seed, Number.MIN_SAFE_INTEGER);
  return seed;
}

/** Shares of a whole, as bounds from 0 to 1. @throws INVALID_OPTION */
export function sharesOf(weights: readonly number[]): number[] {
  if (!Array.isArray(weights)) throw invalidOption("randomSplit's weights", weights, "a list of numbers");
  for (const weight of weights) checkNumber("each of randomSplit's weights", weight, 0);
  const sum = weights.reduce((a, b) => a + b, 0);
  checkPositive("randomSplit's weights", sum, "at least 0, with a sum above 0");
  let before = 0;
  const bounds = weights.map((weight) => {
    before += weight;
    return before / sum;
  });
  return [0, ...bounds];
}
