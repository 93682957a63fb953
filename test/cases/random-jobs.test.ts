import { describe, test } from "node:test";
import { restart } from "dstream/testing";
import { randomCases } from "./random/random-jobs.ts";
import { checksTogether } from "./run-cases.ts";

// The same few random jobs in every run, all in one; test/differential has hundreds, and others each time.

const cases = randomCases(0, 12);

describe("random jobs give what arrays give", () => {
  test("on local", async (t) => {
    for (const [row, check] of await checksTogether(cases, "local")) await t.test(row.name, check);
  });
  test("on local[3], moved to local and back", async (t) => {
    const faults = { 3: [restart({ master: "local" })], 5: [restart({ master: "local[3]" })] };
    for (const [row, check] of await checksTogether(cases, "local[3]", { faults })) await t.test(row.name, check);
  });
});
