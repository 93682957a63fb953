import type { ErrorCode } from "dstream";
import type { Batches, Inputs, TestJob } from "dstream/testing";

// Cases are data, so that a worker that loads a table for its jobs loads nothing that runs them.

/** A row of the shared case table: what a job gives for an input, on every cluster. */
export interface Case {
  readonly name: string;
  readonly job: TestJob<any, unknown>;
  readonly inputs: readonly Batches<unknown>[];
  readonly numInputPartitions: number;
  readonly expected: Expected | Failure;
}

/** What each batch has to give: as multisets, or in order. */
export interface Expected {
  readonly kind: "batches";
  readonly batches: readonly (readonly unknown[])[];
  readonly ordered: boolean;
}

/** How the job has to end. */
export interface Failure {
  readonly kind: "failure";
  readonly code: ErrorCode;
  readonly message: RegExp;
}

/** A case of a job: its input and what each batch has to give; as multisets, or with `ordered` in order. */
export function expecting<I extends readonly unknown[], R>(
  name: string,
  job: TestJob<I, R>,
  inputs: Inputs<I>,
  expected: readonly (readonly NoInfer<R>[])[],
  { ordered = false, numInputPartitions = 2 }: { ordered?: boolean; numInputPartitions?: number } = {},
): Case {
  return { name, job, inputs, numInputPartitions, expected: { kind: "batches", batches: expected, ordered } };
}

/** A case that ends the job with an error: its code, and what its message has to say. */
export function failing<I extends readonly unknown[], R>(
  name: string,
  job: TestJob<I, R>,
  inputs: Inputs<I>,
  code: ErrorCode,
  message: RegExp,
): Case {
  return { name, job, inputs, numInputPartitions: 2, expected: { kind: "failure", code, message } };
}
