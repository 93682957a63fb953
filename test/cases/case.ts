import assert from "node:assert/strict";
import type { ErrorCode } from "dstream";
import { expectBatches, type Inputs, type RunOptions, runBatches, type TestJob } from "dstream/testing";

/** A row of the shared case table: what a job gives for an input, on every cluster. */
export interface Case {
  readonly name: string;
  readonly run: (master: string) => Promise<void>;
}

/** A case of a job: its input and what each batch has to give; as multisets, or with `ordered` in order. */
export function expecting<I extends readonly unknown[], R>(
  name: string,
  job: TestJob<I, R>,
  inputs: Inputs<I>,
  expected: readonly (readonly NoInfer<R>[])[],
  options: RunOptions & { readonly ordered?: boolean } = {},
): Case {
  return { name, run: (master) => expectBatches(job, inputs, expected, { ...options, master }) };
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
