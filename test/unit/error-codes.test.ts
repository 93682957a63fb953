import assert from "node:assert/strict";
import { test } from "node:test";
import { errorCodes } from "../../src/errors/codes.ts";
import { readProjectFile } from "../support/project-files.ts";

// docs/reference/errors.md is kept by hand, in headed groups; its rows have to be those of the table in src/errors/codes.ts.

interface Row {
  readonly text: string;
  readonly retried: string;
  readonly action: string;
}

const page = "docs/reference/errors.md";
const escaped = (text: string) => text.replaceAll("|", "\\|");

function rowText(code: string, { text, retried, action }: Row): string {
  return `| \`${code}\` | ${text} | ${retried} | ${action} |`;
}

const inCode = new Map<string, Row>(
  Object.entries(errorCodes).map(([code, { text, retryable, action }]) => [
    code,
    { text: escaped(text), retried: retryable ? "yes" : "no", action: escaped(action) },
  ]),
);
const rowPattern = /^\| `([A-Z_]+)` \| (.*?) \| (yes|no) \| (.*) \|$/;
const inDocs = readProjectFile(page)
  .split("\n")
  .flatMap((line) => {
    const [, code, text, retried, action] = rowPattern.exec(line) ?? [];
    return code === undefined ? [] : [[code, { text, retried, action } as Row] as const];
  });

test("the errors page has each code once and no other", () => {
  const missing = [...inCode].filter(([code]) => !inDocs.some(([other]) => other === code));
  const paste = missing.map(([code, row]) => rowText(code, row)).join("\n");
  assert.deepEqual(missing, [], `add to ${page}:\n${paste}\n`);
  assert.deepEqual(
    inDocs.map(([code]) => code).filter((code) => !inCode.has(code)),
    [],
    `remove from ${page}`,
  );
  assert.equal(inDocs.length, inCode.size, `${page} has a code twice`);
});

test("the errors page says of each code what the table says", () => {
  const different = inDocs
    .filter(([code, row]) => JSON.stringify(row) !== JSON.stringify(inCode.get(code)))
    .map(([code]) => rowText(code, inCode.get(code) as Row));
  assert.deepEqual(different, [], `these rows of ${page} should be:\n${different.join("\n")}\n`);
});
