import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryFileSystem } from "../../../test/support/memory-file-system.ts";
import { jobRuntime } from "../../runtime/job-runtime.ts";
import type { StateFile } from "../../state/files/state-file.ts";
import { acceptFiles, emptyManifest } from "../../state/manifest.ts";
import { StateGarbage } from "./state-garbage.ts";

const snapshot = (id: string): StateFile => {
  return { id, kind: "snapshot", operator: "sum", time: 1, buckets: 1, from: 0, until: 1, length: 1, crc: 1 };
};

test("a file goes a batch after the last manifest that named it, leftovers of past batches at the next look", async () => {
  const fs = new MemoryFileSystem();
  const names = ["1000-a.snapshot", "1000-failed.snapshot", "2000-b.snapshot", "3000-running.delta"];
  for (const name of names) fs.put(`state/${name}`, new Uint8Array());
  const garbage = new StateGarbage("state", jobRuntime({ files: fs }));
  const one = acceptFiles(emptyManifest, [snapshot("1000-a.snapshot")]);
  const two = acceptFiles(one, [snapshot("2000-b.snapshot")]);
  await garbage.committed(2_000, one, two);
  assert.deepEqual(await fs.list("state"), ["1000-a.snapshot", "2000-b.snapshot", "3000-running.delta"]);
  await garbage.committed(3_000, two, two);
  assert.deepEqual(await fs.list("state"), ["2000-b.snapshot", "3000-running.delta"]);
});
