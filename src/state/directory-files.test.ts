import assert from "node:assert/strict";
import { test } from "node:test";
import { type Fault, FaultyFileSystem, systemError } from "../../test/support/faulty-file-system.ts";
import { MemoryFileSystem } from "../../test/support/memory-file-system.ts";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import { DirectoryFiles } from "./directory-files.ts";
import { acceptFiles, emptyManifest, type Manifest, sliceOf } from "./manifest.ts";
import { StateStore } from "./state-store.ts";
import type { StoredValue } from "./stored-value.ts";

const slice = (manifest: Manifest) => sliceOf(manifest, "sum", 4, 0, 4);

async function put(store: StateStore, manifest: Manifest, time: number, entries: [unknown, StoredValue][]) {
  const state = await store.open(slice(manifest));
  const changes = entries.map(([key, stored]) => ({ key, entry: state.get(key), stored }));
  const file = await state.propose(time, changes);
  return file === undefined ? manifest : acceptFiles(manifest, [file]);
}

/** Two files, a snapshot and a delta, with strings, numbers, bytes, composite keys and a removal. */
async function written(fs: MemoryFileSystem): Promise<Manifest> {
  const store = new StateStore(new DirectoryFiles("state", fs));
  const first: [unknown, StoredValue][] = [
    ["a", 1],
    ["b", 2],
    ["c", "x"],
    [["d", 1], Buffer.from("y")],
    [5, null],
  ];
  return put(store, await put(store, emptyManifest, 1, first), 2, [
    ["a", 3],
    ["b", undefined],
    ["e", 0.5],
  ]);
}

async function contents(fs: MemoryFileSystem, manifest: Manifest): Promise<unknown[]> {
  const state = await new StateStore(new DirectoryFiles("state", fs)).open(slice(manifest));
  return Array.from(state.entries(), ({ key, stored }) => [key, stored]);
}

/** The right answer or a typed refusal; returns which. */
async function outcome(fs: MemoryFileSystem, manifest: Manifest, expected: unknown[]): Promise<string> {
  try {
    assert.deepEqual(await contents(fs, manifest), expected);
    return "right";
  } catch (error) {
    if (error instanceof DStreamError) return error.code;
    throw error;
  }
}

test("a file cut at any byte is refused", async () => {
  const fs = new MemoryFileSystem();
  const manifest = await written(fs);
  const expected = await contents(fs, manifest);
  for (const path of fs.paths) {
    const bytes = fs.bytesOf(path);
    for (let length = 0; length < bytes.length; length++) {
      fs.put(path, bytes.subarray(0, length));
      assert.equal(await outcome(fs, manifest, expected), "CHECKPOINT_CORRUPT", `${path} cut at ${length}`);
    }
    fs.put(path, bytes);
  }
  assert.equal(await outcome(fs, manifest, expected), "right");
});

test("a file with any bit flipped is refused, or gives the right answer", async () => {
  const fs = new MemoryFileSystem();
  const manifest = await written(fs);
  const expected = await contents(fs, manifest);
  const outcomes = new Set<string>();
  for (const path of fs.paths) {
    const bytes = fs.bytesOf(path);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Uint8Array.from(bytes);
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      fs.put(path, damaged);
      outcomes.add(await outcome(fs, manifest, expected));
    }
    fs.put(path, bytes);
  }
  assert.deepEqual(outcomes, new Set(["CHECKPOINT_CORRUPT", "CHECKPOINT_TOO_NEW"]));
});

test("a file that is missing, or another in its place, is refused", async () => {
  const fs = new MemoryFileSystem();
  const manifest = await written(fs);
  const [first, second] = fs.paths as [string, string];
  const snapshot = fs.bytesOf(first);
  fs.put(second, snapshot);
  await assert.rejects(contents(fs, manifest), { code: "CHECKPOINT_CORRUPT" });
  await fs.remove(first);
  await assert.rejects(contents(fs, manifest), { code: "CHECKPOINT_CORRUPT", message: /is missing/ });
});

for (const operation of ["open", "write", "sync"] as const) {
  test(`a failed ${operation} while writing ends the attempt with its reason, and is not tried again`, async (t) => {
    const fail: Fault = (called, count) => (called === operation && count === 2 ? systemError("ENOSPC") : undefined);
    const fs = new FaultyFileSystem(fail);
    const store = new StateStore(new DirectoryFiles(temporaryDirectory(t), fs));
    const first = await put(store, emptyManifest, 1, [["a", 1]]);
    await assert.rejects(put(store, first, 2, [["a", 2]]), {
      code: "CHECKPOINT_UNAVAILABLE",
      retryable: false,
      message: /cannot be written: ENOSPC$/,
    });
    assert.equal(fs.counts[operation], 2);
    assert.equal((await store.open(slice(first))).get("a")?.stored, 1);
  });
}

test("a read that fails once leaves nothing half loaded: the next opening reads everything", async (t) => {
  const directory = temporaryDirectory(t);
  const writer = new StateStore(new DirectoryFiles(directory, new FaultyFileSystem(() => undefined)));
  const entries = Array.from({ length: 100 }, (_, i): [unknown, StoredValue] => [i, i]);
  const manifest = await put(writer, emptyManifest, 1, entries);
  for (let failing = 1; failing <= 7; failing++) {
    const fs = new FaultyFileSystem((called, count) =>
      called === "read" && count === failing ? systemError("EIO") : undefined,
    );
    const store = new StateStore(new DirectoryFiles(directory, fs));
    await assert.rejects(store.open(slice(manifest)), { code: "CHECKPOINT_UNAVAILABLE", message: /EIO$/ });
    const state = await store.open(slice(manifest));
    assert.deepEqual(
      Array.from(state.entries(), ({ key }) => key),
      entries.map(([key]) => key),
    );
  }
});
