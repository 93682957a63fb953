import { describe, test } from "node:test";
import { basicOperations } from "./tables/basic-operations.ts";
import { joinCases } from "./tables/joins.ts";
import { pairOperations } from "./tables/pair-operations.ts";
import { updateStateByKey } from "./tables/update-state-by-key.ts";

// The shared case table on each kind of cluster that needs no service.

for (const master of ["local", "local[3]"]) {
  describe(`on ${master}`, () => {
    for (const table of [basicOperations, pairOperations, joinCases, updateStateByKey]) {
      for (const { name, run } of table) test(name, () => run(master));
    }
  });
}
