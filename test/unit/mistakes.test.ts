import { test } from "node:test";
import { runCase } from "../cases/run-cases.ts";
import { transformMistakes } from "../cases/tables/transform.ts";
import { updateStateByPartitionMistakes } from "../cases/tables/update-state-by-partition.ts";

// Programs that end their job with an error, which is the same wherever they run.

for (const row of [...transformMistakes, ...updateStateByPartitionMistakes]) {
  test(row.name, () => runCase(row, "local"));
}
