import { test } from "node:test";
import { restart } from "dstream/testing";
import { statefulCases } from "../cases/all-cases.ts";
import { checksTogether } from "../cases/run-cases.ts";

// The shared cases with state as one job that is stopped and goes on from its checkpoint elsewhere, with other partitions: they have to give
// what they give in one run.

test("state goes from this thread to more workers and back, in memory and on disk, and gives what it gives in one run", async (t) => {
  // One batch, then two, then one: slides and windows are met at every age.
  const faults = { 2: [restart({ master: "local[3]" })], 4: [restart({ master: "local" })], 5: [restart()] };
  const stateStores = ["memory", "disk"] as const;
  for (const [row, check] of await checksTogether(statefulCases, "local", { faults, stateStores }))
    await t.test(row.name, check);
});
