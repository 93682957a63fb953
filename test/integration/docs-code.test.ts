import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { codeBlocks, givens, tableCode } from "../support/docs/code-blocks.ts";
import { pages } from "../support/docs/pages.ts";
import { problemOf, shownCommands } from "../support/docs/shown-commands.ts";
import { type Snippet, typeErrors } from "../support/docs/type-errors.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// What the pages show: TypeScript passes the compiler, commands exist with their flags, links lead somewhere. That the programs do what
// the pages say is tested by test/integration/guide-programs.test.ts.

/** The package's public names, for fragments. */
const names = [...readFileSync("src/index.ts", "utf8").matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, list]) =>
  (list as string).split(",").flatMap((name) => name.replace(/\btype\b/, "").trim() || []),
);

test("the TypeScript of the pages passes the compiler", (t) => {
  const snippets: Snippet[] = [];
  for (const page of pages()) {
    const prelude = `import { ${names.join(", ")} } from "dstream";${givens(page).replaceAll("\n", " ")}`;
    for (const block of codeBlocks(page).filter(({ language }) => language === "ts")) {
      snippets.push(/ from "dstream"/.test(block.text) ? block : { ...block, prelude });
    }
    for (const cell of tableCode(page, "TypeScript")) snippets.push({ ...cell, text: `{ ${cell.text} }`, prelude });
  }
  assert.ok(snippets.length > 5, `${snippets.length} snippets`);
  assert.deepEqual(typeErrors(snippets, join(temporaryDirectory(t), "docs")), []);
});

test("the commands of the pages exist, with their flags", async () => {
  const commands = pages().flatMap(shownCommands);
  assert.ok(commands.length > 40, `${commands.length} commands`);
  const problems = await Promise.all(commands.map(problemOf));
  assert.deepEqual(
    problems.flatMap((problem) => problem ?? []),
    [],
  );
});

test("the links between the pages lead somewhere", () => {
  const broken: string[] = [];
  for (const { path, lines } of pages()) {
    for (const [, target = ""] of lines.join("\n").matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (!/^[a-z]+:/.test(target) && !existsSync(join(dirname(path), target))) broken.push(`${path}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});
