import { test } from "node:test";
import { ManualClock } from "dstream/testing";
import { compareBatches } from "../../src/testing/expect-batches.ts";
import { testContext } from "../../src/testing/test-context.ts";
import type { Case } from "../cases/case.ts";
import { mapWithState } from "../cases/tables/map-with-state.ts";
import { randomWindowCases } from "../cases/tables/random-windows.ts";
import { updateStateByKey } from "../cases/tables/update-state-by-key.ts";
import { windows } from "../cases/tables/windows.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// The shared cases with state, as one job that is stopped and goes on from its checkpoint elsewhere, with other partitions: they
// have to give what they give in one run.

const batchInterval = 1_000;
const cases = [...windows, ...randomWindowCases, ...mapWithState, ...updateStateByKey].filter(
  ({ expected }) => expected.kind === "batches",
);

/** Runs all cases on a master for some batches more; adds what each gave, by batch time. */
async function goOn(
  results: readonly Map<number, readonly unknown[]>[],
  { master, numBatches, checkpointDir }: { master: string; numBatches: number; checkpointDir: string },
): Promise<void> {
  const jobs = cases.map(({ job: { url, name }, inputs, numInputPartitions }) => {
    return { url, name, numInputs: inputs.length, numInputPartitions };
  });
  const spec = { jobs, master, batchInterval, checkpointDir };
  const clock = new ManualClock();
  const ssc = testContext(
    spec,
    cases.map(({ job, inputs }) => ({ job, queues: inputs.map((input) => [...input]) })),
    (index, rows, time) => results[index]?.set(time, rows),
    clock,
  );
  ssc.runAsTest({ arguments: [JSON.stringify(spec)], modules: [...new Set(jobs.map(({ url }) => url))] });
  await ssc.start();
  await clock.advance(numBatches * batchInterval);
  await ssc.stop();
  await ssc.awaitTermination();
}

function compare({ job, expected }: Case, batches: ReadonlyMap<number, readonly unknown[]>): void {
  if (expected.kind !== "batches") return;
  const actual = expected.batches.map((_, i) => batches.get((i + 1) * batchInterval) ?? []);
  compareBatches(job.name, actual, expected.batches, false);
}

test("state goes from this thread to more workers and back, and gives what it gives in one run", async (t) => {
  const checkpointDir = temporaryDirectory(t);
  const results = cases.map(() => new Map<number, readonly unknown[]>());
  // One batch, then two, then one: slides and windows are met at every age.
  for (const [master, numBatches] of [
    ["local", 1],
    ["local[3]", 2],
    ["local", 1],
    ["local", 7],
  ] as const) {
    await goOn(results, { master, numBatches, checkpointDir });
  }
  for (const [i, row] of cases.entries()) {
    await t.test(row.name, () => compare(row, results[i] as Map<number, unknown[]>));
  }
});
