import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { version } from "../../src/version.ts";

// What people write; generated code keeps the form of its generator.
const sources = globSync("{src,test,bench,examples,scripts}/**/*.ts").filter((path) => !path.includes("/gen/"));

test("no file has more than 500 lines", () => {
  assert.deepEqual(
    sources.filter((file) => readFileSync(file, "utf8").split("\n").length > 500),
    [],
  );
});

test("files are named in kebab-case", () => {
  assert.deepEqual(
    sources.map((file) => basename(file)).filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/.test(name)),
    [],
  );
});

test("the lock file has no download addresses", () => {
  assert.doesNotMatch(readFileSync("package-lock.json", "utf8"), /"resolved": "[a-z]+:/);
});

test("no test is left out by .only", () => {
  assert.deepEqual(
    sources.filter(
      (file) => !file.endsWith("tidy.test.ts") && /\b(test|describe|it)\.only\(/.test(readFileSync(file, "utf8")),
    ),
    [],
  );
});

test("the version that the package knows of itself is that of package.json", () => {
  assert.equal(version, JSON.parse(readFileSync("package.json", "utf8")).version);
});
