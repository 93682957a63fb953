import { test } from "node:test";
import { fail, kill, restart } from "dstream/testing";
import { statefulCases } from "../cases/all-cases.ts";
import { checksTogether } from "../cases/run-cases.ts";

// The shared cases with state, all in one job that is killed at every kind of moment, and between that goes on elsewhere. They
// have to give what they give in one run.

const lives = [
  { master: "local", other: "local[3]", stateStore: "memory" },
  { master: "local[3]", other: "local", stateStore: "memory" },
  { master: "local[3]", other: "local", stateStore: "disk" },
] as const;

for (const { master, other, stateStore } of lives) {
  test(`killed and started again on ${master} and ${other}, with state ${stateStore === "disk" ? "on disk" : "in memory"}, every case gives what it gives in one run`, async (t) => {
    const faults = {
      1: [kill("before-offset-log")],
      2: [kill("in-last-level")],
      3: [kill("after-state-files"), kill(), restart({ master: other })],
      4: [kill("after-offset-log"), fail(), kill()],
      5: [kill("after-commit-log"), restart({ master })],
      6: [kill("in-level-0")],
      7: [restart({ master: other })],
    };
    for (const [row, check] of await checksTogether(statefulCases, master, { faults, stateStores: [stateStore] }))
      await t.test(row.name, check);
  });
}
