import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { errorCodes } from "../../src/errors/codes.ts";

test("docs/reference/errors.md lists exactly the codes of the table", () => {
  const rows = Object.entries(errorCodes).map(
    ([code, { text, retryable, action }]) => `| \`${code}\` | ${text} | ${retryable ? "yes" : "no"} | ${action} |`,
  );
  const documented = readFileSync("docs/reference/errors.md", "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  assert.deepEqual(documented, rows);
});

test("the guide to operating a job says once what each code asks for", () => {
  const [, section = ""] = readFileSync("docs/guide/operating.md", "utf8").split("## What the codes ask for\n");
  const [own = ""] = section.split("\n## ");
  const named = [...own.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code as string);
  assert.deepEqual(named.sort(), Object.keys(errorCodes).sort());
});
