import assert from "node:assert/strict";
import type { ErrorCode } from "dstream";
import { expectBatches, type Inputs, type RunOptions, runBatches, type TestJob } from "dstream/testing";
import { compareBatches } from "../../src/testing/expect-batches.ts";
import { type JobRun, runTogether } from "../../src/testing/run-together.ts";

/** A row of the shared case table: what a job gives for an input, on every cluster. */
export interface Case {
  readonly name: string;
  readonly run: (master: string) => Promise<void>;
  /** For running it in one job with others; missing where the case ends its job. */
  readonly together?: {
    readonly jobRun: JobRun;
    readonly numBatches: number;
    readonly check: (batches: readonly (readonly unknown[])[]) => void;
  };
}

/** A case of a job: its input and what each batch has to give; as multisets, or with `ordered` in order. */
export function expecting<I extends readonly unknown[], R>(
  name: string,
  job: TestJob<I, R>,
  inputs: Inputs<I>,
  expected: readonly (readonly NoInfer<R>[])[],
  options: Pick<RunOptions, "numInputPartitions"> & { readonly ordered?: boolean } = {},
): Case {
  return {
    name,
    run: (master) => expectBatches(job, inputs, expected, { ...options, master }),
    together: {
      jobRun: { job, inputs, numInputPartitions: options.numInputPartitions ?? 2 },
      numBatches: expected.length,
      check: (batches) =>
        compareBatches(job.name, batches.slice(0, expected.length), expected, options.ordered ?? false),
    },
  };
}

/** A case that ends the job with an error: its code, and what its message has to say. */
export function failing<I extends readonly unknown[], R>(
  name: string,
  job: TestJob<I, R>,
  inputs: Inputs<I>,
  code: ErrorCode,
  message: RegExp,
): Case {
  return { name, run: (master) => assert.rejects(runBatches(job, inputs, { master }), { code, message }) };
}

/** Runs cases that can share a job in one, which starts workers once; returns what each has to check. */
export async function runCasesTogether(cases: readonly Case[], master: string): Promise<ReadonlyMap<Case, () => void>> {
  const shared = cases.flatMap((row) => (row.together === undefined ? [] : [{ row, ...row.together }]));
  const batches = await runTogether(
    shared.map(({ jobRun }) => jobRun),
    { master, batchInterval: 1_000, numBatches: Math.max(...shared.map(({ numBatches }) => numBatches)) },
  );
  return new Map(shared.map(({ row, check }, i) => [row, () => check(batches[i] ?? [])]));
}
