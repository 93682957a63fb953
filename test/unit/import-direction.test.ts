import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";

// Folders from top to bottom: a file imports from its own folder and those below it only.
const order = [
  "cli",
  "ui",
  "testing",
  "receivers",
  "streaming",
  "driver",
  "cluster",
  "task",
  "plan",
  "state",
  "codec",
  "keys",
  "broker",
  "kafka",
  "errors",
  "runtime",
];
const folderOf = (path: string): string => path.split("/")[1] as string;

test("imports point downwards only", () => {
  const wrong: string[] = [];
  for (const file of globSync("src/*/**/*.ts").filter((path) => !path.endsWith(".test.ts"))) {
    for (const [, target] of readFileSync(file, "utf8").matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
      const [from, to] = [folderOf(file), folderOf(normalize(join(dirname(file), target as string)))];
      if (order.indexOf(to) < order.indexOf(from)) wrong.push(`${file} imports ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("every folder of src has its place in the order", () => {
  const folders = new Set(globSync("src/*/**/*.ts").map(folderOf));
  assert.deepEqual(
    [...folders].filter((folder) => !order.includes(folder)),
    [],
  );
});
