import assert from "node:assert/strict";
import { test } from "node:test";
import { machineFindings } from "../../scripts/machine-uses.ts";

const found = (text: string, allowed: readonly string[] = []): string[] =>
  machineFindings(new Map([["src/task/a.ts", text]]), allowed);

for (const [text, use] of [
  ["const now = Date.now();", "Date.now"],
  ["const now = new Date();", "new Date()"],
  ["const begun = performance.now();", "performance"],
  ["setTimeout(() => end(), 5);", "setTimeout"],
  ["clearInterval(timer);", "clearInterval"],
  ["const seed = Math.random();", "Math.random"],
  ["fetch(url, { signal: AbortSignal.timeout(5) });", "AbortSignal.timeout"],
  ["process.nextTick(go);", "process.nextTick"],
  ['import { setTimeout as delay } from "node:timers/promises";', "node:timers/promises"],
  ['import { readFile } from "node:fs/promises";', "node:fs/promises"],
  ['const { connect } = await import("node:net");', "node:net"],
  ['import { Worker } from "node:worker_threads";', "node:worker_threads"],
  ["const id = crypto.randomUUID();", "randomUUID"],
  ["const id = uniqueId(thisMachine.random);", "thisMachine"],
] as const) {
  test(`what reaches for the machine is found: ${text}`, () => {
    assert.deepEqual(found(text), [`src/task/a.ts reaches for ${use}: it is the machine's (docs/architecture.md)`]);
  });
}

for (const text of [
  "const at = new Date(ms);",
  "timers.setTimeout(5);",
  "// Date.now() is the machine's",
  "/** As performance.now(). */",
  'import type { Dirent } from "node:fs";',
  'import { createHash } from "node:crypto";',
]) {
  test(`what gives the same in each run, or is given, is no finding: ${text}`, () => {
    assert.deepEqual(found(text), []);
  });
}

test("a file or a folder of the table may reach for it, and a row without a reason to be is found", () => {
  assert.deepEqual(found("Date.now();", ["task/a.ts"]), []);
  assert.deepEqual(found("Date.now();", ["task/"]), []);
  assert.deepEqual(found("const a = 1;", ["task/a.ts"]), [
    "the table of what reaches for the machine has task/a.ts, which does not",
  ]);
});
