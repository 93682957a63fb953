import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { jobFilesIn, similarPaths } from "./similar-paths.ts";

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "dstream-paths-"));
  mkdirSync(join(folder, "examples"));
  for (const name of ["word-count.ts", "word-producer.ts", "types.d.ts", "notes.md"]) {
    writeFileSync(join(folder, "examples", name), "");
  }
});
after(() => rmSync(folder, { recursive: true }));

test("a misspelt file is looked for in its folder, and in folders that look like it", () => {
  const meant = [join(folder, "examples/word-count.ts")];
  assert.deepEqual(similarPaths(join(folder, "examples/word-cuont.ts")), meant);
  assert.deepEqual(similarPaths(join(folder, "example/word-count.ts")), meant);
  assert.deepEqual(similarPaths(join(folder, "exmaples/word-cuont.ts")), meant);
});

test("nothing is proposed where nothing looks alike", () => {
  assert.deepEqual(similarPaths(join(folder, "examples/zzzzzz.ts")), []);
  assert.deepEqual(similarPaths(join(folder, "zzzzzzzzz/word-count.ts")), []);
  assert.deepEqual(similarPaths(join(folder, "examples/notes.md/a.ts")), []);
});

test("a folder's job files are its programs", () => {
  assert.deepEqual(jobFilesIn(join(folder, "examples")), [
    join(folder, "examples/word-count.ts"),
    join(folder, "examples/word-producer.ts"),
  ]);
});
