import assert from "node:assert/strict";
import { runBatches } from "dstream/testing";
import { compareBatches } from "../../src/testing/expect-batches.ts";
import { runTogether } from "../../src/testing/run-together.ts";
import type { Case } from "./case.ts";

/** Runs a case in a job of its own. */
export async function runCase({ job, inputs, numInputPartitions, expected }: Case, master: string): Promise<void> {
  if (expected.kind === "failure") {
    const { code, message } = expected;
    await assert.rejects(runBatches(job, [...inputs], { master }), { code, message });
    return;
  }
  const { batches, ordered } = expected;
  const actual = await runBatches(job, [...inputs], { master, numInputPartitions, numBatches: batches.length });
  compareBatches(`${job.name} on ${master}`, actual, batches, ordered);
}

/** Runs the cases that do not end their job in one job, which starts workers once; returns what each has to check. */
export async function runCasesTogether(cases: readonly Case[], master: string): Promise<ReadonlyMap<Case, () => void>> {
  const shared = cases.flatMap((row) => (row.expected.kind === "batches" ? [{ row, expected: row.expected }] : []));
  const results = await runTogether(
    shared.map(({ row: { job, inputs, numInputPartitions } }) => ({ job, inputs, numInputPartitions })),
    { master, batchInterval: 1_000, numBatches: Math.max(...shared.map(({ expected }) => expected.batches.length)) },
  );
  return new Map(
    shared.map(({ row, expected: { batches, ordered } }, i) => {
      const actual = (results[i] ?? []).slice(0, batches.length);
      return [row, () => compareBatches(row.job.name, actual, batches, ordered)];
    }),
  );
}
