import { before, describe, test } from "node:test";
import { runCasesTogether } from "./case.ts";
import { basicOperations } from "./tables/basic-operations.ts";
import { joinCases } from "./tables/joins.ts";
import { joinsInPlace } from "./tables/joins-in-place.ts";
import { pairOperations } from "./tables/pair-operations.ts";
import { updateStateByKey } from "./tables/update-state-by-key.ts";

// The shared case table on each kind of cluster that needs no service: each case in a job of its own, and, where starting
// workers takes longer than the cases do, in one job with the others.

const cases = [...basicOperations, ...pairOperations, ...joinCases, ...joinsInPlace, ...updateStateByKey];

describe("on local", () => {
  for (const { name, run } of cases) test(name, () => run("local"));
});

describe("on local[3]", () => {
  let checks: Awaited<ReturnType<typeof runCasesTogether>>;
  before(async () => {
    checks = await runCasesTogether(cases, "local[3]");
  });
  for (const row of cases) {
    test(row.name, async () => {
      const check = checks.get(row);
      if (check === undefined) await row.run("local[3]");
      else check();
    });
  }
});
