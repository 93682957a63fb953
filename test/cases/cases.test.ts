import { before, describe, test } from "node:test";
import { allCases } from "./all-cases.ts";
import { checksTogether, runCase } from "./run-cases.ts";

// The shared case table on each kind of cluster that needs no service: each case in a job of its own, and, where starting
// workers takes longer than the cases do, in one job with the others.

describe("on local", () => {
  for (const row of allCases) test(row.name, () => runCase(row, "local"));
});

describe("on local[3]", () => {
  let checks: Awaited<ReturnType<typeof checksTogether>>;
  before(async () => {
    checks = await checksTogether(allCases, "local[3]");
  });
  for (const row of allCases) {
    test(row.name, async () => {
      const check = checks.get(row);
      // A job that fails starts workers of its own, and one is enough to see its error come out of a thread.
      if (check === undefined) await runCase(row, "local[1]");
      else check();
    });
  }
});
