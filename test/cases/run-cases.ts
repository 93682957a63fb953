import assert from "node:assert/strict";
import { runBatches } from "dstream/testing";
import type { StateStoreKind } from "../../src/state/open-state-store.ts";
import { compareBatches } from "../../src/testing/expect-batches.ts";
import { runTogether } from "../../src/testing/lives/run-together.ts";
import type { Case } from "./case.ts";
import { type FaultPlan, runsOf } from "./with-faults.ts";

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

/**
 * Runs the cases that do not end their job in one job, which starts workers once, and meets the faults; returns what each has to
 * check.
 */
export async function checksTogether(
  cases: readonly Case[],
  master: string,
  { faults, stateStores }: { faults?: FaultPlan; stateStores?: readonly StateStoreKind[] } = {},
): Promise<ReadonlyMap<Case, () => void>> {
  const shared = cases.flatMap((row) => (row.expected.kind === "batches" ? [{ row, expected: row.expected }] : []));
  const runs = runsOf(
    shared.map(({ row }) => row),
    faults,
  );
  const numBatches = Math.max(...shared.map(({ expected }) => expected.batches.length));
  const results = await runTogether(runs, { master, batchInterval: 1_000, numBatches, stateStores });
  return new Map(
    shared.map(({ row, expected: { batches, ordered } }, i) => {
      const actual = (results[i] ?? []).slice(0, batches.length);
      return [row, () => compareBatches(row.job.name, actual, batches, ordered)];
    }),
  );
}
