import assert from "node:assert/strict";
import { checkFlag, invalidOption } from "../errors/checks/check-options.ts";
import { canonicalText } from "./canonical-text.ts";
import { checkRun } from "./check-run.ts";
import { runJob } from "./run-batches.ts";
import type { Inputs, RunOptions, TestJob } from "./test-job.ts";

/**
 * Runs a test job and compares every batch's rows with those expected: exactly, as a multiset, or with `ordered` also in order. As many
 * batches are run as are expected, which are at least as many as the longest input has.
 *
 * @throws AssertionError naming the first batch that differs; as `runBatches`.
 */
export async function expectBatches<I extends readonly unknown[], R>(
  job: TestJob<I, R>,
  inputs: Inputs<I>,
  expected: readonly (readonly R[])[],
  options: RunOptions & { ordered?: boolean } = {},
): Promise<void> {
  checkRun("expectBatches", job, inputs, options, ["ordered"]);
  const { ordered = false, ...others } = options;
  checkFlag("ordered", ordered);
  if (!Array.isArray(expected) || !expected.every((rows) => Array.isArray(rows))) {
    throw invalidOption("what expectBatches expects", expected, "a list with the rows of each batch");
  }
  const { numBatches = expected.length } = others;
  if (numBatches < expected.length) {
    throw invalidOption(
      "numBatches",
      numBatches,
      `at least ${expected.length}, the number of batches that are expected`,
    );
  }
  const actual = await runJob(job, inputs, { ...others, numBatches }, "inputs and batches");
  compareBatches(`${job.name} on ${options.master ?? "local"}`, actual, expected, ordered);
}

/** @throws AssertionError naming the first batch that differs. */
export function compareBatches(
  name: string,
  actual: readonly (readonly unknown[])[],
  expected: readonly (readonly unknown[])[],
  ordered: boolean,
): void {
  const arrange = (rows: readonly unknown[]): readonly unknown[] => (ordered ? rows : inCanonicalOrder(rows));
  for (let i = 0; i < Math.max(actual.length, expected.length); i++) {
    assert.deepStrictEqual(arrange(actual[i] ?? []), arrange(expected[i] ?? []), `${name}, batch ${i + 1}`);
  }
}

function inCanonicalOrder<R>(rows: readonly R[]): R[] {
  const keyed = rows.map((row) => ({ row, text: canonicalText(row) }));
  return keyed.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0)).map(({ row }) => row);
}
