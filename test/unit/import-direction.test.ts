import assert from "node:assert/strict";
import { posix } from "node:path";
import { test } from "node:test";
import { projectFiles, readProjectFile } from "../support/project-files.ts";

// The folders of src/ from top to bottom: a file imports from its own folder and from those below it, never from above. The
// public entry src/index.ts stands on top: nothing imports it.
const order = [
  "index.ts",
  "cli",
  "ui",
  "testing",
  "streaming",
  "driver",
  "cluster",
  "plan",
  "task",
  "state",
  "broker",
  "kafka",
  "errors",
  "runtime",
];

/** Test files beside the code may use these from anywhere. */
const forTests = ["testing", "broker"];

const importPattern = /(?:^|[\s;}])(?:import|export)\s[^;"']*?from\s*["']([^"']+)["']|import\s*\(?\s*["']([^"']+)["']/g;

/** Specifiers of static and dynamic imports and of `export … from`. */
export function importsOf(source: string): string[] {
  return [...source.matchAll(importPattern)].map(([, from, bare]) => (from ?? bare) as string);
}

function folderOf(path: string): string {
  return path.split("/")[1] as string;
}

function violations(path: string, source: string): string[] {
  const from = order.indexOf(folderOf(path));
  const isTest = path.endsWith(".test.ts");
  const found: string[] = [];
  for (const specifier of importsOf(source)) {
    if (!specifier.startsWith(".")) {
      if (specifier === "dstream" || specifier.startsWith("dstream/")) {
        found.push(`${path} imports its own package by name (${specifier}); use a relative path`);
      }
      continue;
    }
    const target = posix.join(posix.dirname(path), specifier);
    if (!target.startsWith("src/")) {
      if (!isTest) found.push(`${path} imports ${target}, which is not published`);
      continue;
    }
    const folder = folderOf(target);
    if (isTest && forTests.includes(folder)) continue;
    if (order.indexOf(folder) < from) found.push(`${path} imports ${target}: ${folder} is above ${folderOf(path)}`);
  }
  return found;
}

const sources = projectFiles().filter((path) => path.startsWith("src/") && path.endsWith(".ts"));

test("the folders of src are those of the architecture", () => {
  const unknown = [...new Set(sources.map(folderOf))].filter((folder) => !order.includes(folder));
  assert.deepEqual(unknown, []);
});

test("imports point downwards only", () => {
  assert.ok(sources.length > 50, `only ${sources.length} sources found`);
  assert.deepEqual(
    sources.flatMap((path) => violations(path, readProjectFile(path))),
    [],
  );
});

test("every way to import is seen", () => {
  const source = [
    'import { a } from "./a.ts";',
    'import type { B } from "./b.ts";',
    'import "./c.ts";',
    'export * from "./d.ts";',
    'export type {\n  E,\n  F,\n} from "./e.ts";',
    'const g = await import("./g.ts");',
    'type H = import("./h.ts").H;',
  ].join("\n");
  assert.deepEqual(
    importsOf(source),
    ["a", "b", "c", "d", "e", "g", "h"].map((name) => `./${name}.ts`),
  );
});

test("an import that points upwards is found", () => {
  assert.deepEqual(violations("src/kafka/x/a.ts", 'import { b } from "../../driver/b.ts";'), [
    "src/kafka/x/a.ts imports src/driver/b.ts: driver is above kafka",
  ]);
  assert.deepEqual(violations("src/kafka/x/a.test.ts", 'import { b } from "../../broker/b.ts";'), []);
  assert.deepEqual(violations("src/driver/a.ts", 'import { b } from "../kafka/b.ts";'), []);
});
