import type { Fault } from "dstream/testing";
import type { JobRun } from "../../src/testing/lives/run-together.ts";
import type { Case } from "./case.ts";

/** Faults by the batch that they hit, from 1. */
export type FaultPlan = Readonly<Record<number, readonly Fault[]>>;

/** What `runTogether` takes to run cases as one job, with faults, which hit all of them. */
export function runsOf(cases: readonly Case[], faults: FaultPlan = {}): JobRun[] {
  return cases.map(({ job, inputs, numInputPartitions }, i) => {
    const [first = [], ...others] = inputs;
    return { job, numInputPartitions, inputs: i === 0 ? [withFaults(first, faults), ...others] : inputs };
  });
}

/** An input with faults; behind its last entry it has empty batches as far as there are faults. */
function withFaults(input: JobRun["inputs"][number], faults: FaultPlan): JobRun["inputs"][number] {
  const last = Math.max(input.length, ...Object.keys(faults).map(Number));
  return Array.from({ length: last }, (_, i) => [
    ...(faults[i + 1] ?? []),
    input[i] ?? (i < input.length ? null : []),
  ]).flat(1);
}
