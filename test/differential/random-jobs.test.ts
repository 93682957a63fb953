import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Fault, kill, restart } from "dstream/testing";
import type { Case } from "../cases/case.ts";
import { numBatches } from "../cases/random/random-job.ts";
import { numSeeds, randomCases } from "../cases/random/random-jobs.ts";
import { checksTogether } from "../cases/run-cases.ts";
import type { FaultPlan } from "../cases/with-faults.ts";
import { seededRandom } from "../support/seeded-random.ts";

// Random jobs against an oracle that works on arrays: 500 of them, others in each run, on one thread and on three, there in every
// other group with random restarts. DSTREAM_SEED and DSTREAM_JOBS choose the first job and how many, DSTREAM_FAULTS the restarts;
// what fails names the command that repeats it.

const numJobs = Number(process.env.DSTREAM_JOBS ?? 500);
const firstSeed = Number(process.env.DSTREAM_SEED ?? Date.now() % numSeeds);
const chosenFaults = process.env.DSTREAM_FAULTS;
/** Jobs that run as one. */
const groupSize = 100;

/** Restarts before random batches, each on the other master; and once a kill. */
function faultsOf(seed: number): FaultPlan {
  const below = seededRandom(seed);
  let master = "local[3]";
  const faults: Record<number, Fault[]> = {};
  for (let batch = 2; batch <= numBatches; batch++) {
    if (below(3) > 0) continue;
    master = master === "local" ? "local[3]" : "local";
    faults[batch] = [restart({ master })];
  }
  faults[2 + below(numBatches - 1)] = [kill()];
  return faults;
}

/** Runs the jobs, with faults where they have a seed. @throws naming each job that fails, and how to repeat it. */
async function check(cases: readonly Case[], master: string, faultSeed?: number): Promise<void> {
  const faults = faultSeed === undefined ? {} : faultsOf(faultSeed);
  const failures: string[] = [];
  const wrong = (row: Case, error: unknown): void => {
    const chosen = faultSeed === undefined ? "" : ` DSTREAM_FAULTS=${faultSeed}`;
    const repeat = `DSTREAM_SEED=${/\d+$/.exec(row.name)} DSTREAM_JOBS=1${chosen} npm run test:differential`;
    failures.push(`${row.name}: ${repeat}\n${(error as Error).message}`);
  };
  try {
    for (const [row, compare] of await checksTogether(cases, master, faults)) {
      try {
        compare();
      } catch (error) {
        wrong(row, error);
      }
    }
  } catch (error) {
    // The error of one ended all of them.
    if (cases.length === 1) wrong(cases[0] as Case, error);
    else for (const row of cases) await check([row], master, faultSeed).catch(({ message }) => failures.push(message));
    if (failures.length === 0) throw error;
  }
  assert.equal(failures.length, 0, failures.join("\n\n"));
}

for (let first = 0; first < numJobs; first += groupSize) {
  const seed = (firstSeed + first) % numSeeds;
  const isMoved = chosenFaults !== undefined || (first / groupSize) % 2 === 1;
  describe(`${Math.min(groupSize, numJobs - first)} random jobs from ${seed} on give what arrays give`, () => {
    const cases = randomCases(seed, Math.min(groupSize, numJobs - first));
    test("on local", () => check(cases, "local"));
    if (isMoved)
      test("on local[3] and local, with restarts", () => check(cases, "local[3]", Number(chosenFaults ?? seed)));
    else test("on local[3]", () => check(cases, "local[3]"));
  });
}
