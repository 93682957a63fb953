import { testJob } from "dstream/testing";
import { type Case, expecting } from "../case.ts";
import { randomJob } from "./random-job.ts";
import type { Row } from "./step.ts";
import { onStreams, type Stream } from "./streams.ts";

/** Seeds go from 0 up to, and without, this number. */
export const numSeeds = 20_000;

const jobOf = (seed: number) =>
  testJob<[Row, Row], Row>(import.meta.url, `random job ${seed}`, (_ssc, a, b) => {
    const made = [a, b] as unknown as Stream[];
    for (const step of randomJob(seed).steps) {
      made.push(onStreams[step.kind](step, made[step.a] as Stream, made[step.b] as Stream) as Stream);
    }
    return made.at(-1) as Stream;
  });

/** By seed. */
export const randomJobs = Array.from({ length: numSeeds }, (_, seed) => jobOf(seed));

/** The job of a seed against what the oracle works out. */
export function randomCase(seed: number): Case {
  const job = randomJobs[seed];
  if (job === undefined) throw new RangeError(`there is no random job ${seed}`);
  const { inputs, numInputPartitions, expected } = randomJob(seed);
  const [a = [], b = []] = inputs;
  return expecting(job.name, job, [a, b], expected, { numInputPartitions });
}

/** As many cases, from a seed on. */
export function randomCases(first: number, count: number): Case[] {
  return Array.from({ length: count }, (_, i) => randomCase((first + i) % numSeeds));
}
