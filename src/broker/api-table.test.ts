import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { kafkaApis } from "../../test/support/wire/kafka-apis.ts";
import { apiTable } from "./api-table.ts";

const page = readFileSync("docs/reference/embedded-broker.md", "utf8").split("\n");

test("docs/reference/embedded-broker.md lists exactly the APIs and versions that are spoken, and those of Kafka", () => {
  const rows = kafkaApis.flatMap(([key, name, first, last]) => {
    const api = apiTable.get(key);
    return api === undefined ? [] : [`| ${name} | ${api.min}–${api.max} | ${first}–${last} |`];
  });
  assert.equal(rows.length, apiTable.size);
  const documented = page.flatMap((line) => /^\| \w+ \| \d+–\d+ \| \d+–\d+ \|/.exec(line) ?? []);
  assert.deepEqual(documented, rows);
});

test("of every API whose last version is not spoken the page says what that version brings", () => {
  const behind = kafkaApis.filter(([key, , , last]) => (apiTable.get(key)?.max ?? last) < last).map(([, name]) => name);
  const explained = page.flatMap((line) => /^\| (\w+) \| \d+–\d+ \| \d+–\d+ \| \S.* \|$/.exec(line)?.[1] ?? []);
  assert.deepEqual(explained, behind);
});

test("the page names every API of Kafka that is not spoken at all, once", () => {
  const start = page.indexOf("## What it does not speak");
  const section = page.slice(
    start + 1,
    page.findIndex((line, i) => i > start && line.startsWith("## ")),
  );
  const named = section.flatMap((line) => /^\| [^|]+ \| (.*) \|$/.exec(line)?.[1]?.split(", ") ?? []);
  const missing = kafkaApis.filter(([key]) => !apiTable.has(key)).map(([, name]) => name);
  assert.deepEqual(named.slice(2).sort(), missing.sort());
});
