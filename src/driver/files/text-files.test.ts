import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import type { TextFileSink } from "../../plan/graph/output.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { batchFolder } from "../../sources/files/reading/batch-folder.ts";
import { showTextFiles } from "./text-files.ts";

function fill(folder: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "part-00000"), text);
}

const time = 1_000;
const sinkIn = (directory: string): TextFileSink => ({ prefix: join(directory, "out"), suffix: "" }) as TextFileSink;

test("the files of a batch take the place of what an earlier job left, also when a driver that was replaced shows them, too", async (t) => {
  for (let round = 0; round < 30; round++) {
    const directory = temporaryDirectory(t);
    const sink = sinkIn(directory);
    const { ready, final } = batchFolder(sink, time);
    fill(final, "of an earlier job");
    fill(ready, "of the batch");
    await Promise.all([showTextFiles([sink], time, thisMachine), showTextFiles([sink], time, thisMachine)]);
    assert.equal(readFileSync(join(final, "part-00000"), "utf8"), "of the batch");
    assert.deepEqual(readdirSync(directory), ["out-1000"]);
  }
});

test("files that are shown are left as they are", async (t) => {
  const sink = sinkIn(temporaryDirectory(t));
  const { ready, final } = batchFolder(sink, time);
  fill(final, "of the batch");
  await showTextFiles([sink], time, thisMachine);
  assert.equal(readFileSync(join(final, "part-00000"), "utf8"), "of the batch");
  assert.equal(existsSync(ready), false);
});
