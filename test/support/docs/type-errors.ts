import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CodeBlock } from "./code-blocks.ts";

/** Code of a page, as a module of its own. */
export interface Snippet extends CodeBlock {
  /** What stands in front of a fragment, which has no imports: names of the package and what the page takes for granted. */
  readonly prelude?: string;
}

const isWithLine = /^.*?(\d+)\.ts\((\d+),\d+\): error (TS\d+: .*)$/;

/** Checks all snippets in one program, by the project's own settings. Returns errors with the pages' lines. */
export function typeErrors(snippets: readonly Snippet[], folder: string): string[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const compilerOptions = {
    // The prelude names types and values alike.
    verbatimModuleSyntax: false,
    typeRoots: [resolve("node_modules/@types")],
  };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: resolve("tsconfig.json"), compilerOptions, include: ["*.ts"] }),
  );
  const preludeLines = snippets.map(({ prelude = "" }) => prelude.split("\n").length);
  for (const [index, { prelude = "", text }] of snippets.entries()) {
    writeFileSync(join(folder, `${index}.ts`), `${prelude}\n${text}\nexport {};\n`);
  }
  const { stdout } = spawnSync(resolve("node_modules/.bin/tsc"), ["-p", folder, "--pretty", "false"], {
    encoding: "utf8",
  });
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [, index, at, text] = isWithLine.exec(line) ?? [];
      const snippet = snippets[Number(index)];
      if (snippet === undefined) return line;
      return `${snippet.path}:${Number(at) - (preludeLines[Number(index)] as number) + snippet.line - 1}: ${text}`;
    });
}
