import { test } from "node:test";
import { fail, kill, restart } from "dstream/testing";
import { statefulCases } from "../cases/all-cases.ts";
import { checksTogether } from "../cases/run-cases.ts";

// The shared cases with state, all in one job that is killed at every kind of moment, and between that goes on elsewhere. They
// have to give what they give in one run.

const masters = { local: "local[3]", "local[3]": "local" } as const;

for (const [master, other] of Object.entries(masters)) {
  test(`killed and started again on ${master} and ${other}, every case gives what it gives in one run`, async (t) => {
    const faults = {
      1: [kill("before-offset-log")],
      2: [kill("in-last-level")],
      3: [kill("after-state-files"), kill(), restart({ master: other })],
      4: [kill("after-offset-log"), fail(), kill()],
      5: [kill("after-commit-log"), restart({ master })],
      6: [kill("in-level-0")],
      7: [restart({ master: other })],
    };
    for (const [row, check] of await checksTogether(statefulCases, master, faults)) await t.test(row.name, check);
  });
}
