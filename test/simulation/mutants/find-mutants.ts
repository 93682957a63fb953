import { availableParallelism } from "node:os";
import { startWorker } from "../start-worker.ts";
import type { Part } from "../worker.ts";
import { type Mutant, mutants } from "./mutants.ts";

const minutesMax = 10;

interface Found {
  readonly runs: number;
  readonly seconds: number;
  /** Undefined for one that was not found in time. */
  readonly finding: string | undefined;
}

/**
 * Plants each mutant alone and runs seeds from `first` on until one finds it. Prints a row of a table for each. Returns whether all were
 * found. `only`: those with this in their names.
 */
export async function findMutants(only: string | undefined, first: number): Promise<boolean> {
  const wanted = mutants.filter(({ name }) => only === undefined || name.includes(only));
  const waiting = [...wanted];
  let found = 0;
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const { runs, seconds, finding } = await find(mutant, first);
      if (finding !== undefined) found++;
      const text = finding?.split("\n")[0]?.replaceAll("|", "/").slice(0, 120) ?? "NOT FOUND";
      console.log(`| ${mutant.name} | ${runs} | ${seconds.toFixed(0)} | ${text} |`);
    }
  };
  console.log("| fault | runs | s | what was found |\n| --- | ---: | ---: | --- |");
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  console.log(`${found} of ${wanted.length} mutants were found`);
  return found === wanted.length;
}

async function find(mutant: Mutant, first: number): Promise<Found> {
  const startedAt = performance.now();
  const part: Part = { first, step: 1, runs: null, minutes: minutesMax, stopsAtFinding: true };
  let runs = 0;
  let finding: string | undefined;
  const problem = await startWorker(
    part,
    (message) => {
      runs++;
      finding ??= message.finding;
    },
    mutant.name,
  );
  // One that cannot be planted is not found by that; one that brings the process down in a run is.
  if (problem !== undefined && runs === 0 && problem.includes("exactly one place")) throw new Error(problem);
  return { runs, seconds: (performance.now() - startedAt) / 1_000, finding: finding ?? problem };
}
