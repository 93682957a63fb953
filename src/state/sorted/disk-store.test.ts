import assert from "node:assert/strict";
import { basename } from "node:path";
import { test } from "node:test";
import { machineWith } from "../../../test/support/machine-with.ts";
import { MemoryFileSystem } from "../../../test/support/memory-file-system.ts";
import type { OpenFile } from "../../runtime/files/file-system.ts";
import { DirectoryFiles } from "../files/directory-files.ts";
import { acceptFiles, emptyManifest, filesOf, type Manifest, sliceOf } from "../manifest.ts";
import { DiskStore } from "./disk-store.ts";

/** Knows which files are open for reading, and closes them when it may. */
class WatchedFileSystem extends MemoryFileSystem {
  readonly openFiles: string[] = [];
  mayClose = Promise.resolve();

  override async open(path: string, mode: "read" | "create"): Promise<OpenFile> {
    const file = await super.open(path, mode);
    if (mode === "create") return file;
    this.openFiles.push(basename(path));
    return {
      ...file,
      close: async () => {
        await this.mayClose;
        this.openFiles.splice(this.openFiles.indexOf(basename(path)), 1);
      },
    };
  }
}

const left = [0, 8] as const;
const right = [8, 16] as const;
type Range = typeof left | typeof right;
const slice = (manifest: Manifest, [from, until]: Range) => sliceOf(manifest, "sum", 16, from, until);

/** What is known when half of the buckets got a state that has one file. */
async function withState(fs: MemoryFileSystem, manifest: Manifest, range: Range, time: number): Promise<Manifest> {
  const state = await new DiskStore(new DirectoryFiles("state", machineWith(fs))).open(
    slice(emptyManifest, range),
    time,
  );
  const changes = [{ key: time, entry: undefined, stored: time, bucket: range[0] }];
  return acceptFiles(manifest, await state.propose(time, changes));
}

test("a file that comes into use while another one is closed stays open, until nobody uses it", async () => {
  const fs = new WatchedFileSystem();
  const first = await withState(fs, await withState(fs, emptyManifest, left, 1), right, 2);
  const second = await withState(fs, first, left, 3);
  const store = new DiskStore(new DirectoryFiles("state", machineWith(fs)));
  await store.open(slice(first, left), 4);
  const { promise, resolve } = Promise.withResolvers<void>();
  fs.mayClose = promise;
  const moved = store.open(slice(second, left), 5);
  await store.open(slice(second, right), 5);
  resolve();
  await moved;
  assert.deepEqual(fs.openFiles.toSorted(), [...filesOf(second).keys()].toSorted());
  await store.close();
  assert.deepEqual(fs.openFiles, []);
});

test("a file that parts share is opened once and stays open for the other when one has another file", async () => {
  const fs = new WatchedFileSystem();
  const whole = new DiskStore(new DirectoryFiles("state", machineWith(fs)));
  const state = await whole.open(sliceOf(emptyManifest, "sum", 16, 0, 16), 1);
  const shared = acceptFiles(emptyManifest, await state.propose(1, [{ key: 1, entry: undefined, stored: 1 }]));
  const [file] = filesOf(shared).keys();
  const store = new DiskStore(new DirectoryFiles("state", machineWith(fs)));
  for (const range of [left, right]) await store.open(slice(shared, range), 2);
  assert.deepEqual(fs.openFiles, [file]);
  const next = await withState(fs, shared, left, 3);
  await store.open(slice(next, left), 4);
  assert.deepEqual(fs.openFiles.toSorted(), [...filesOf(next).keys()].toSorted());
  await store.open(slice(await withState(fs, next, right, 5), right), 6);
  assert.equal(fs.openFiles.includes(file as string), false);
  await store.close();
});
