import assert from "node:assert/strict";
import { test } from "node:test";
import { type Fault, FaultyFileSystem, systemError } from "../../../test/support/faulty-file-system.ts";
import { machineWith } from "../../../test/support/machine-with.ts";
import { MemoryFileSystem } from "../../../test/support/memory-file-system.ts";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { FileSystem } from "../../runtime/files/file-system.ts";
import type { Entry } from "../entry.ts";
import { acceptFiles, emptyManifest, type Manifest, sliceOf } from "../manifest.ts";
import { MemoryStore } from "../memory/memory-store.ts";
import { DiskStore } from "../sorted/disk-store.ts";
import type { StateStore } from "../state-store.ts";
import type { StoredValue } from "../stored-value.ts";
import { DirectoryFiles } from "./directory-files.ts";

const kinds = ["memory", "disk"] as const;
type StoreKind = (typeof kinds)[number];

function openStore(kind: StoreKind, directory: string, fs: FileSystem): StateStore {
  const files = new DirectoryFiles(directory, machineWith(fs));
  return kind === "disk" ? new DiskStore(files) : new MemoryStore(files);
}

const slice = (manifest: Manifest) => sliceOf(manifest, "sum", 4, 0, 4);

async function put(store: StateStore, manifest: Manifest, time: number, entries: [unknown, StoredValue][]) {
  const state = await store.open(slice(manifest), time);
  const found = await state.find(entries.map(([key]) => key));
  const changes = entries.map(([key, stored]) => ({ key, entry: found.get(key), stored }));
  return acceptFiles(manifest, await state.propose(time, changes));
}

/** Two files, a snapshot and a delta, with strings, numbers, bytes, composite keys and a removal. */
async function written(kind: StoreKind, fs: MemoryFileSystem): Promise<Manifest> {
  const store = openStore(kind, "state", fs);
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

/** Everything, as it iterates and as it is found by key. */
async function contents(kind: StoreKind, fs: FileSystem, manifest: Manifest, directory = "state"): Promise<unknown[]> {
  const store = openStore(kind, directory, fs);
  try {
    return await read(store, manifest);
  } finally {
    await store.close();
  }
}

async function read(store: StateStore, manifest: Manifest): Promise<unknown[]> {
  const state = await store.open(slice(manifest), 9);
  const entries: Pick<Entry, "key" | "stored">[] = [];
  for await (const some of state.entries()) for (const { key, stored } of some) entries.push({ key, stored });
  const found = await state.find(entries.map(({ key }) => key));
  return entries.map(({ key, stored }) => [key, stored, found.get(key)?.stored]);
}

for (const kind of kinds) {
  /** The right answer or a typed refusal; returns which. */
  const outcome = async (fs: MemoryFileSystem, manifest: Manifest, expected: unknown[]): Promise<string> => {
    try {
      assert.deepEqual(await contents(kind, fs, manifest), expected);
      return "right";
    } catch (error) {
      if (error instanceof DStreamError) return error.code;
      throw error;
    }
  };

  test(`${kind}: a file cut at any byte is refused`, async () => {
    const fs = new MemoryFileSystem();
    const manifest = await written(kind, fs);
    const expected = await contents(kind, fs, manifest);
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

  test(`${kind}: a file with any bit flipped is refused, or gives the right answer`, async () => {
    const fs = new MemoryFileSystem();
    const manifest = await written(kind, fs);
    const expected = await contents(kind, fs, manifest);
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

  test(`${kind}: a file that is missing, or another in its place, is refused`, async () => {
    const fs = new MemoryFileSystem();
    const manifest = await written(kind, fs);
    const [first, second] = fs.paths as [string, string];
    const snapshot = fs.bytesOf(first);
    fs.put(second, snapshot);
    await assert.rejects(contents(kind, fs, manifest), { code: "CHECKPOINT_CORRUPT" });
    await fs.remove(first);
    await assert.rejects(contents(kind, fs, manifest), { code: "CHECKPOINT_CORRUPT", message: /is missing/ });
  });

  for (const operation of ["open", "write", "sync", "rename"] as const) {
    test(`${kind}: a failed ${operation} while writing ends the attempt with its reason, is not tried again, and leaves no file`, async (t) => {
      let isFailing = false;
      const fail: Fault = (called) => (isFailing && called === operation ? systemError("ENOSPC") : undefined);
      const fs = new FaultyFileSystem(fail);
      const directory = temporaryDirectory(t);
      const store = openStore(kind, directory, fs);
      t.after(() => store.close());
      const first = await put(store, emptyManifest, 1, [["a", 1]]);
      const names = await fs.list(directory);
      const before = await store.open(slice(first), 2);
      const entry = (await before.find(["a"])).get("a");
      isFailing = true;
      const failed = fs.counts[operation];
      await assert.rejects(before.propose(2, [{ key: "a", entry, stored: 2 }]), {
        code: "CHECKPOINT_UNAVAILABLE",
        retryable: false,
        message: /cannot be written: ENOSPC \(no space is left/,
      });
      assert.equal(fs.counts[operation], failed + 1);
      assert.deepEqual(await fs.list(directory), names);
      isFailing = false;
      assert.deepEqual(await read(store, first), [["a", 1, 1]]);
    });
  }

  test(`${kind}: a read that fails once leaves nothing half loaded: the next opening reads everything`, async (t) => {
    const directory = temporaryDirectory(t);
    const writer = openStore(kind, directory, new FaultyFileSystem(() => undefined));
    const text = "x".repeat(4_000);
    const entries = Array.from({ length: 100 }, (_, i): [unknown, StoredValue] => [i, `${i} ${text}`]);
    const manifest = await put(writer, emptyManifest, 1, entries);
    const expected = await read(writer, manifest);
    assert.equal(expected.length, entries.length);
    await writer.close();
    for (let failing = 1; failing <= 7; failing++) {
      const fs = new FaultyFileSystem((called, count) =>
        called === "read" && count === failing ? systemError("EIO") : undefined,
      );
      const store = openStore(kind, directory, fs);
      t.after(() => store.close());
      await assert.rejects(read(store, manifest), { code: "CHECKPOINT_UNAVAILABLE", message: /EIO$/ });
      assert.deepEqual(await read(store, manifest), expected);
    }
  });
}
