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

test("a file that is held stays until everybody has let go of it, and one that is not goes meanwhile", async () => {
  const fs = new MemoryFileSystem();
  for (const name of ["1000-a.snapshot", "2000-b.snapshot", "3000-c.snapshot"])
    fs.put(`state/${name}`, new Uint8Array());
  const garbage = new StateGarbage("state", jobRuntime({ files: fs }));
  const manifests = [emptyManifest];
  for (const id of ["1000-a.snapshot", "2000-b.snapshot", "3000-c.snapshot"]) {
    manifests.push(acceptFiles(manifests.at(-1) ?? emptyManifest, [snapshot(id)]));
  }
  const batch = (number: number) => {
    const [before = emptyManifest, after = emptyManifest] = manifests.slice(Math.min(number, 3) - 1);
    return garbage.committed(number * 1_000, before, number > 3 ? before : after);
  };
  await batch(1);
  const holds = [garbage.hold(["1000-a.snapshot"]), garbage.hold(["1000-a.snapshot"])];
  for (const number of [2, 3, 4]) await batch(number);
  assert.deepEqual(await fs.list("state"), ["1000-a.snapshot", "3000-c.snapshot"]);
  holds[0]?.();
  holds[0]?.();
  await batch(5);
  assert.deepEqual(await fs.list("state"), ["1000-a.snapshot", "3000-c.snapshot"]);
  holds[1]?.();
  await batch(6);
  assert.deepEqual(await fs.list("state"), ["3000-c.snapshot"]);
});
