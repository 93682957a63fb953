import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { apiKeys } from "../kafka/protocol/api-keys.ts";
import { apiTable } from "./api-table.ts";

test("docs/reference/embedded-broker.md lists exactly the APIs and versions that are spoken", () => {
  const rows = Object.entries(apiKeys)
    .sort(([, a], [, b]) => a - b)
    .flatMap(([name, key]) => {
      const api = apiTable.get(key);
      return api === undefined ? [] : [`| ${name} | ${api.min} | ${api.max} |`];
    });
  const documented = readFileSync("docs/reference/embedded-broker.md", "utf8")
    .split("\n")
    .filter((line) => /^\| \w+ \| \d+ \| \d+ \|$/.test(line));
  assert.deepEqual(documented, rows);
});
