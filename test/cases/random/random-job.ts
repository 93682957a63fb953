import { seededRandom } from "../../support/seeded-random.ts";
import { applyToBatches, type Known } from "./oracle.ts";
import {
  isTimeKind,
  isWindow,
  type Key,
  type Kind,
  keyKinds,
  needsRDD,
  pairKinds,
  type Row,
  type Rows,
  rowKinds,
  type Step,
  timeKinds,
} from "./step.ts";

export const numBatches = 6;
/** Rows that a batch of any step may have. */
const maxRows = 150;
const maxSlide = 3;

export interface RandomJob {
  readonly inputs: readonly (readonly (Rows | null)[])[];
  readonly numInputPartitions: number;
  readonly steps: readonly Step[];
  /** What it has to give, batch by batch. */
  readonly expected: readonly Rows[];
}

type Below = (limit: number) => number;

/** Three to nine operators over two inputs; the same for the same seed. */
export function randomJob(seed: number): RandomJob {
  const below = seededRandom(seed);
  const inputs = [randomInput(below), randomInput(below)];
  const made: Known[] = inputs.map((batches) => ({ batches, slide: 1 }));
  const steps: Step[] = [];
  const numSteps = 3 + below(7);
  while (steps.length < numSteps) {
    const step = randomStep(below, made);
    if (!fits(step, made)) continue;
    const given = applyToBatches(step, made);
    if (given.batches.some((rows) => (rows?.length ?? 0) > maxRows)) continue;
    steps.push(step);
    made.push(given);
  }
  const expected = made.at(-1)?.batches.map((rows) => rows ?? []) ?? [];
  return { inputs, numInputPartitions: 1 + below(4), steps, expected };
}

function randomInput(below: Below): (Rows | null)[] {
  const hasNull = below(3) === 0;
  const keyKind = below(4);
  return Array.from({ length: numBatches }, () => {
    if (hasNull && below(3) === 0) return null;
    if (below(4) === 0) return [];
    return Array.from({ length: 1 + below(10) }, (): Row => [randomKey(keyKind, below(7)), 1 + below(60)]);
  });
}

function randomKey(kind: number, n: number): Key {
  const keys: readonly Key[] = [`k${n}`, n, [`k${n}`, n % 3], { id: n, tag: "t" }];
  return keys[kind] as Key;
}

/** A third of the steps looks back. */
const kinds: readonly (readonly Kind[])[] = [rowKinds, keyKinds, keyKinds, pairKinds, timeKinds, timeKinds];

function randomStep(below: Below, { length }: readonly Known[]): Step {
  const among = kinds[below(kinds.length)] as readonly Kind[];
  return {
    kind: among[below(among.length)] as Kind,
    // The newest is taken most often, so that jobs get deep.
    a: below(3) === 0 ? below(length) : length - 1,
    b: below(length),
    n: 2 + below(4),
    partitions: below(3) === 0 ? undefined : 1 + below(5),
    window: 1 + below(3),
    slide: 1 + below(2),
  };
}

/** Whether the step may be: an error of the job is no result to compare. */
function fits({ kind, a, b, slide }: Step, made: readonly Known[]): boolean {
  const [left, right] = [made[a] as Known, made[b] as Known];
  const isOfTwo = (pairKinds as readonly Kind[]).includes(kind);
  const parents = isOfTwo ? [left, right] : [left];
  if (isOfTwo && left.slide !== right.slide) return false;
  if (isTimeKind(kind) && isWindow(kind) && left.slide * slide > maxSlide) return false;
  // Sums that filter takes for none.
  if (kind === "windowFiltered" && left.batches.some((rows) => rows?.some(([, v]) => v <= 0))) return false;
  return !needsRDD.includes(kind) || parents.every(({ batches }) => !batches.includes(null));
}
