import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { apiReports } from "../../scripts/api-report.ts";

test("the public surface is the one in docs/reference/api; after a change that is meant: npm run api", () => {
  const folder = "docs/reference/api";
  const written = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));
  const reports = apiReports();
  assert.deepEqual([...written.keys()].sort(), [...reports.keys()].sort());
  for (const [name, report] of reports) assert.equal(written.get(name), report, `${name} is renewed by: npm run api`);
});
