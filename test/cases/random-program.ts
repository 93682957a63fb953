/** A row of random programs. */
export type Numbered = readonly [string, number];

const kinds = [
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

/** One operator of a random program, applied to what earlier steps gave: 0 and 1 are the inputs, 2 the first step, … */
export interface Step {
  readonly kind: (typeof kinds)[number];
  /** A number of partitions, or whatever number the operator needs. */
  readonly n: number;
  readonly a: number;
  readonly b: number;
}

/** Joins of joins of streams with themselves grow too fast. */
const maxJoins = 2;

/** A program of three to nine steps; the same for the same seed. */
export function randomProgram(seed: number): readonly Step[] {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const steps: Step[] = [];
  const numSteps = 3 + below(7);
  let joins = 0;
  while (steps.length < numSteps) {
    const kind = kinds[below(kinds.length)] as Step["kind"];
    if (kind === "join" || kind === "outer") joins++;
    if (joins > maxJoins && (kind === "join" || kind === "outer")) continue;
    const made = steps.length + 2;
    // The newest is taken most often, so that programs get deep.
    const a = below(3) === 0 ? below(made) : made - 1;
    steps.push({ kind, n: 2 + below(4), a, b: below(made) });
  }
  return steps;
}
