import { test } from "node:test";
import { runCase } from "../cases/run-cases.ts";
import { transformMistakes } from "../cases/tables/transform.ts";

for (const row of transformMistakes) test(row.name, () => runCase(row, "local"));
