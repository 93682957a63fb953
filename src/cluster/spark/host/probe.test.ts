import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import type { ProbeReport } from "../wire/stage-command.ts";
import type { OutputStream, SparkTask } from "../worker/function-host.ts";
import { probe } from "./probe.ts";

async function problemIn(path: string): Promise<string | undefined> {
  const reports: string[] = [];
  const output = { open: () => ({ append: (text: string) => reports.push(text) }) } as unknown as OutputStream;
  const task = { partitionId: 3 } as SparkTask;
  await probe(task, { kind: "probe", sharedFolder: { path, token: "token" } }, (async function* () {})(), output);
  return (JSON.parse(reports[0] as string) as ProbeReport).folderProblem;
}

test("a worker says why a folder is not shared: it cannot see into it, or cannot write there", async (t) => {
  const path = temporaryDirectory(t);
  assert.equal(await problemIn(path), "it cannot see what the driver wrote there (ENOENT)");
  writeFileSync(join(path, "token"), "");
  assert.equal(await problemIn(path), undefined);
  // Nothing can be written where a folder is, not even by a user who may write everywhere.
  mkdirSync(join(path, "again"));
  writeFileSync(join(path, "again", "token"), "");
  mkdirSync(join(path, "again", "token.3"));
  assert.equal(await problemIn(join(path, "again")), "it cannot write there (EISDIR)");
});
