import assert from "node:assert/strict";
import { test } from "node:test";
import { allowedOf } from "../../scripts/allowed-files.ts";
import { stateFindings } from "../../scripts/module-state.ts";

const found = (text: string, file = "src/task/a.ts", allowed: readonly string[] = []): string[] =>
  stateFindings(new Map([[file, text]]), allowed);
const rule = "one per process (docs/architecture.md)";

for (const [text, reason] of [
  ["let count = 0;", "has a variable of its module, count"],
  ["export let count = 0;", "has a variable of its module, count"],
  ["const seen = new Map<string, number>();", "has an object of its module, seen"],
  ["const seen: Map<string, number> = new Map();", "has an object of its module, seen"],
  ["const writer = new BlockWriter();", "has an object of its module, writer"],
  ["const warn = rarely((text) => tell(text));", "has a warning of its module, warn"],
  ["function f() {\n  globalThis as Globals;\n}", "uses globalThis"],
  ['function f() {\n  process.on("SIGTERM", stop);\n}', "uses process.on"],
  ["const [, file] = process.argv;", "uses process.argv"],
] as const) {
  test(`a module that keeps what is one per process is found: ${text.replaceAll("\n", " ")}`, () => {
    assert.deepEqual(found(text), [`src/task/a.ts ${reason}: ${rule}`]);
  });
}

for (const text of [
  "function f() {\n  let count = 0;\n}",
  "const known: ReadonlySet<string> = new Set([]);",
  "const places = new WeakMap<object, number>();",
  "const scope = new AsyncLocalStorage<object>();",
  "// process.on is for programs",
  'this.process.on("message", listen);',
]) {
  test(`what nobody shares is no finding: ${text.replaceAll("\n", " ")}`, () => {
    assert.deepEqual(found(text), []);
  });
}

test("programs are their processes: the command line, and what workers begin with", () => {
  for (const file of ["src/cli/watch-job.ts", "src/cluster/local/worker-main.ts", "src/cluster/spark/worker/main.ts"]) {
    assert.deepEqual(found("let graph;", file), []);
  }
});

test("a file or a folder of the table may keep it, and a row without a reason to be is found", () => {
  assert.deepEqual(found("let a;", "src/task/a.ts", ["task/a.ts"]), []);
  assert.deepEqual(found("let a;", "src/task/a.ts", ["task/"]), []);
  assert.deepEqual(found("const a = 1;", "src/task/a.ts", ["task/a.ts"]), [
    "the table of what is one per process has task/a.ts, which keeps nothing",
  ]);
});

test("the table is that of its section", () => {
  const page =
    "| `cli/` | a |\n\n## What is one per process\n\n| file | why |\n| --- | --- |\n| `a/b.ts` | c |\n\n## Next\n| `d.ts` |";
  assert.deepEqual(allowedOf(page, "What is one per process"), ["a/b.ts"]);
});
