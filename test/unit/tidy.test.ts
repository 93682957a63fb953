import assert from "node:assert/strict";
import { basename } from "node:path";
import { test } from "node:test";
import { projectFiles, readProjectFile } from "../support/project-files.ts";

const maxLines = 500;
/** Files that are allowed to be longer, each with its reason. */
const longFiles: ReadonlyMap<string, string> = new Map();

const files = projectFiles().filter((path) => !/\.(png|jpg|gz|zip|bin|jar|ico|woff2?)$/.test(path));
const isCode = (path: string) => /\.(ts|js|mjs|java|sh)$/.test(path);
const isSource = (path: string) => path.startsWith("src/") && path.endsWith(".ts");

/** "path:line: text" of every line that matches. */
function linesMatching(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    readProjectFile(path)
      .split("\n")
      .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );
}

test(`no file of code has more than ${maxLines} lines`, () => {
  const tooLong = files
    .filter((path) => isCode(path) && !longFiles.has(path))
    .map((path) => ({ path, lines: readProjectFile(path).trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > maxLines);
  assert.deepEqual(tooLong, []);
});

test("nine of ten source files have at most 300 lines, half of them at most 100", () => {
  const lengths = files
    .filter((path) => isSource(path) && !path.endsWith(".test.ts"))
    .map((path) => readProjectFile(path).trimEnd().split("\n").length)
    .sort((a, b) => a - b);
  const quantile = (share: number) => lengths[Math.floor(share * lengths.length)] as number;
  assert.ok(quantile(0.5) <= 100, `the median is ${quantile(0.5)} lines`);
  assert.ok(quantile(0.9) <= 300, `the 90th percentile is ${quantile(0.9)} lines`);
});

test("source files have kebab-case names", () => {
  const pattern = /^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/;
  assert.deepEqual(
    files.filter((path) => isSource(path) && !pattern.test(basename(path))),
    [],
  );
});

test("no text names a path of somebody's machine", () => {
  const pattern = /(^|[\s"'`(=:])\/(work|farm|root|home|Users)\/[a-zA-Z.]/;
  assert.deepEqual(linesMatching(files, pattern), []);
});

test("lock and settings files name no download address", () => {
  const settings = files.filter((path) => /(^|\/)(package-lock\.json|\.npmrc|settings\.xml|pip\.conf)$/.test(path));
  assert.ok(settings.length >= 2);
  assert.deepEqual(
    linesMatching(settings, /"resolved":\s*"http|^\s*(registry|index-url|extra-index-url)\s*=|<url>/),
    [],
  );
});

test("no test is left as the only one", () => {
  const tests = files.filter((path) => path.endsWith(".test.ts"));
  assert.deepEqual(
    linesMatching(tests, /\.only\(|only: true/).filter((line) => !line.startsWith("test/unit/tidy")),
    [],
  );
});

test("no work is left as a note in the code", () => {
  const notes = new RegExp(["TO" + "DO", "FIX" + "ME", "X" + "XX"].map((word) => `\\b${word}\\b`).join("|"));
  assert.deepEqual(linesMatching(files.filter(isCode), notes), []);
});
