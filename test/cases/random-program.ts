/** A row of random programs. */
export type Numbered = readonly [string, number];

export const kindsByKey = [
  "rekey",
  "scale",
  "keep",
  "repeat",
  "sum",
  "sizes",
  "count",
  "place",
  "deal",
  "union",
  "join",
  "outer",
  "cogroup",
] as const;
export const kindsOverTime = ["window", "windowSum", "windowInverse", "windowGroups", "running"] as const;
export type KindByKey = (typeof kindsByKey)[number];
export type KindOverTime = (typeof kindsOverTime)[number];

/** One operator of a random program, applied to what earlier steps gave: 0 and 1 are the inputs, 2 the first step, … */
export interface Step {
  readonly kind: KindByKey | KindOverTime;
  /** A number of partitions, or whatever number the operator needs. */
  readonly n: number;
  readonly a: number;
  readonly b: number;
}

/** Joins of joins of streams with themselves grow too fast, and so do windows of windows. */
const growing: readonly Step["kind"][] = ["join", "outer", "window"];
const maxGrowing = 2;

/** A program of three to nine steps; the same for the same seed. */
export function randomProgram(seed: number, kinds: readonly Step["kind"][] = kindsByKey): readonly Step[] {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const steps: Step[] = [];
  const numSteps = 3 + below(7);
  let numGrowing = 0;
  while (steps.length < numSteps) {
    const kind = kinds[below(kinds.length)] as Step["kind"];
    if (growing.includes(kind) && numGrowing++ >= maxGrowing) continue;
    const made = steps.length + 2;
    // The newest is taken most often, so that programs get deep.
    const a = below(3) === 0 ? below(made) : made - 1;
    steps.push({ kind, n: 2 + below(4), a, b: below(made) });
  }
  return steps;
}
