import { canonicalKey } from "../../../keys/canonical-key.ts";
import { KeyMap } from "../../../keys/key-map.ts";
import { PairOperators } from "./pair-operators.ts";
import { checkFraction, checkSeed, draw, sampler, seeded, sharesOf } from "./sampling.ts";

/** The operators that take a part of the rows by chance: repeatable by a seed, with a generator of its own for each partition. */
export abstract class SamplingOperators<R extends SamplingOperators<R>> extends PairOperators<R> {
  sample(withReplacement: boolean, fraction: number, seed = this.anySeed()): R {
    checkFraction("sample's fraction", withReplacement, fraction);
    checkSeed("sample", seed);
    return this.wholePartitions("sample", function* (rows, index) {
      const times = sampler(withReplacement, fraction, seeded(seed + index));
      for (const row of rows) for (let n = times(); n > 0; n--) yield row;
    });
  }

  randomSplit(weights: readonly number[], seed = this.anySeed()): R[] {
    const bounds = sharesOf(weights);
    checkSeed("randomSplit", seed);
    return weights.map((_, share) =>
      this.wholePartitions("randomSplit", function* (rows, index) {
        const random = seeded(seed + index);
        const [from, to] = [bounds[share] as number, bounds[share + 1] as number];
        for (const row of rows) {
          const place = random();
          if (place >= from && place < to) yield row;
        }
      }),
    );
  }

  sampleByKey(withReplacement: boolean, fractions: Iterable<readonly [any, number]>, seed = this.anySeed()): R {
    const fractionOf = fractionsByKey("sampleByKey", withReplacement, fractions);
    checkSeed("sampleByKey", seed);
    return this.wholePartitions("sampleByKey", function* (rows, index) {
      const random = seeded(seed + index);
      for (const pair of rows) {
        const times = sampler(withReplacement, fractionOf(pair[0]), random);
        for (let n = times(); n > 0; n--) yield pair;
      }
    });
  }

  sampleByKeyExact(withReplacement: boolean, fractions: Iterable<readonly [any, number]>, seed = this.anySeed()): R {
    const fractionOf = fractionsByKey("sampleByKeyExact", withReplacement, fractions);
    checkSeed("sampleByKeyExact", seed);
    return this.groupByKey().wholePartitions("sampleByKeyExact", function* (groups, index) {
      const random = seeded(seed + index);
      for (const [key, values] of groups) {
        const count = Math.ceil(fractionOf(key) * values.length);
        for (const value of draw(values, withReplacement, count, random)) yield [key, value];
      }
    });
  }

  /** For samples of which the program does not say that they be repeatable. */
  protected abstract anySeed(): number;
}

/** The fraction of a key; a key without one is not taken. @throws INVALID_OPTION */
function fractionsByKey(
  operator: string,
  withReplacement: boolean,
  fractions: Iterable<readonly [unknown, number]>,
): (key: unknown) => number {
  const byKey = new KeyMap<{ readonly key: unknown; readonly fraction: number }>();
  for (const [key, fraction] of fractions) {
    checkFraction(`${operator}'s fraction`, withReplacement, fraction);
    byKey.set({ key: canonicalKey(key), fraction });
  }
  return (key) => byKey.get(key)?.fraction ?? 0;
}
