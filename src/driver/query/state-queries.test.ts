import assert from "node:assert/strict";
import { test } from "node:test";
import { HeldFileSystem } from "../../../test/support/held-file-system.ts";
import { machineWith } from "../../../test/support/machine-with.ts";
import { MemoryFileSystem } from "../../../test/support/memory-file-system.ts";
import { hashKey } from "../../keys/hash-key.ts";
import type { FileSystem } from "../../runtime/files/file-system.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { DirectoryFiles } from "../../state/files/directory-files.ts";
import { acceptFiles, emptyManifest, type Manifest, sliceOf } from "../../state/manifest.ts";
import { MemoryStore } from "../../state/memory/memory-store.ts";
import { DiskStore } from "../../state/sorted/disk-store.ts";
import type { StateStore } from "../../state/state-store.ts";
import { StateQueries, type StateQueriesOptions } from "./state-queries.ts";

const buckets = 8;
const keys = Array.from({ length: 100 }, (_, i) => (i % 3 === 0 ? { i } : i % 3 === 1 ? i : `key ${i}`));
const halves = [
  [0, 4],
  [4, 8],
] as const;
const limits = { requestMs: 30_000, pieceMs: 30_000, entriesMs: 30_000 };

/** State of a number for each key, written by two batches of two tasks; in the second one key went. */
async function written(kind: "memory" | "disk") {
  const fs = new MemoryFileSystem();
  const files = new DirectoryFiles("state", machineWith(fs));
  const store: StateStore = kind === "disk" ? new DiskStore(files) : new MemoryStore(files);
  let [before, manifest]: [Manifest, Manifest] = [emptyManifest, emptyManifest];
  for (const [time, stateOf] of [
    [1, (i: number) => -i],
    [2, (i: number) => (i === 7 ? undefined : i)],
  ] as const) {
    before = manifest;
    for (const [from, until] of halves) {
      const opened = await store.open(sliceOf(manifest, "numbers", buckets, from, until), time);
      const own = [...keys.entries()].filter(([, key]) => Math.floor((hashKey(key) % buckets) / 4) === from / 4);
      const found = await opened.find(own.map(([, key]) => key));
      const changes = own.map(([i, key]) => ({ key, entry: found.get(key), stored: stateOf(i) }));
      manifest = acceptFiles(manifest, await opened.propose(time, changes));
    }
  }
  return { fs, manifest, before, store };
}

function asking(fs: FileSystem, manifest: Manifest, options: Partial<StateQueriesOptions> = {}): StateQueries {
  return new StateQueries({
    operators: new Map([["numbers", (key, count) => [hashKey(key) % count]]]),
    files: new DirectoryFiles("state", machineWith(fs)),
    manifest: () => manifest,
    hold: () => () => {},
    timers: thisMachine.timers,
    ...options,
  });
}

async function all<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const entry of entries) list.push(entry);
  return list;
}

for (const kind of ["memory", "disk"] as const) {
  test(`${kind}: every key is found in the files, and so it is without knowing its bucket; a key that went is not`, async () => {
    const { fs, manifest } = await written(kind);
    const anywhere = new Map([["numbers", () => [...Array(buckets).keys()]]]);
    for (const queries of [asking(fs, manifest), asking(fs, manifest, { operators: anywhere })]) {
      const found = await Promise.all(keys.map((key) => queries.get("numbers", structuredClone(key))));
      assert.deepEqual(
        found,
        [...keys.keys()].map((i) => (i === 7 ? undefined : i)),
      );
      assert.equal(await queries.get("numbers", "other"), undefined);
    }
    assert.equal((await all(asking(fs, manifest).entries("numbers"))).length, keys.length - 1);
    assert.equal((await all(asking(fs, manifest).entries("numbers", 5))).length, 5);
  });

  test(`${kind}: sizes are those of the sections, by bucket, and sum up to what the files have besides their indexes`, async () => {
    const { fs, manifest } = await written(kind);
    const [size] = await asking(fs, manifest).sizes();
    const { bytesByBucket = [], ...others } = size ?? {};
    const files = fs.paths.filter((path) => path.startsWith("state/"));
    const bytes = files.reduce((sum, path) => sum + fs.bytesOf(path).length, 0);
    assert.deepEqual(others, { operator: "numbers", buckets, files: files.length, bytes, entries: keys.length - 1 });
    assert.equal(bytesByBucket.length, buckets);
    const sections = bytesByBucket.reduce((a, b) => a + b, 0);
    assert.ok(sections > 0 && sections < bytes && Math.min(...bytesByBucket) > 0);
    const [ofWindow] = await asking(fs, manifest, { operators: new Map() }).sizes();
    assert.deepEqual(ofWindow, { ...others, bytesByBucket: undefined });
  });
}

test("memory is asked first, and gives the version that the manifest names and no other", async () => {
  const { fs, manifest, before, store } = await written("memory");
  const asked: boolean[] = [];
  const lookUp: StateQueriesOptions["lookUp"] = async (question) => {
    const found = store.lookUp?.(question);
    asked.push(found !== undefined);
    return found;
  };
  const of = async (queries: StateQueries) => {
    return Promise.all([keys[5], keys[7], keys[9], "other"].map((key) => queries.get("numbers", key)));
  };
  // Nothing has told the store that its last proposals were accepted.
  assert.deepEqual(await of(asking(new MemoryFileSystem(), manifest, { lookUp })), [5, undefined, 9, undefined]);
  assert.deepEqual(asked.splice(0), [true, true, true, true]);
  for (const [from, until] of halves) {
    const opened = await store.open(sliceOf(manifest, "numbers", buckets, from, until), 3);
    const key = keys.find((candidate) => Math.floor((hashKey(candidate) % buckets) / 4) === from / 4);
    await opened.propose(3, [{ key, entry: (await opened.find([key])).get(key), stored: undefined }]);
  }
  assert.deepEqual(await of(asking(new MemoryFileSystem(), manifest, { lookUp })), [5, undefined, 9, undefined]);
  assert.deepEqual(asked.splice(0), [true, true, true, true]);
  assert.deepEqual(await of(asking(fs, before, { lookUp })), [-5, -7, -9, undefined]);
  assert.deepEqual(asked, [false, false, false, false]);
});

test("a question has so much time, and lets go of its files when that is over; others do not wait for what hangs", async () => {
  const { fs, manifest } = await written("memory");
  let numHeld = 0;
  const hold = () => {
    numHeld++;
    return () => void numHeld--;
  };
  let hangs = true;
  const held = new HeldFileSystem(fs, () => (hangs ? new Promise<void>(() => {}) : undefined));
  const queries = asking(held, manifest, { hold, limits: { ...limits, requestMs: 20 } });
  const late = { code: "STATE_QUERY_TIMEOUT", message: /numbers took longer than 20 ms/ };
  await assert.rejects(queries.get("numbers", "a"), late);
  await assert.rejects(all(queries.entries("numbers")), late);
  await assert.rejects(queries.sizes(), late);
  assert.equal(numHeld, 0);
  hangs = false;
  assert.equal(await queries.get("numbers", keys[5]), 5);
  assert.equal(numHeld, 0);
});

test("more questions than are read at once are answered in turn", async () => {
  const { fs, manifest } = await written("memory");
  let reading = 0;
  let most = 0;
  const counted = new HeldFileSystem(fs, (_step, name) => {
    if (name === "before open to read") most = Math.max(most, ++reading);
    if (name === "after read") reading--;
  });
  const queries = asking(counted, manifest);
  const found = await Promise.all(keys.map((key) => queries.get("numbers", key)));
  assert.equal(found.filter((state) => state !== undefined).length, keys.length - 1);
  assert.ok(most <= 4 + 4, `${most} at once`);
});

test("whoever takes entries and does not come again holds nothing for longer than the limit", async () => {
  for (const late of [
    { ...limits, pieceMs: 1 },
    { ...limits, entriesMs: 1 },
  ]) {
    const { fs, manifest } = await written("memory");
    const released = Promise.withResolvers<void>();
    const queries = asking(fs, manifest, { hold: () => released.resolve, limits: late });
    const entries = queries.entries("numbers");
    assert.equal((await entries.next()).done, false);
    await released.promise;
    // What was read already is given; no more is.
    await assert.rejects(all(entries), { code: "STATE_QUERY_TIMEOUT", message: /taking entries of numbers took/ });
  }
});

test("whoever stops taking entries lets go of the files at once", async () => {
  const { fs, manifest } = await written("disk");
  let numHeld = 0;
  const hold = () => {
    numHeld++;
    return () => void numHeld--;
  };
  const queries = asking(fs, manifest, { hold });
  for await (const _entry of queries.entries("numbers")) {
    assert.equal(numHeld, 1);
    break;
  }
  assert.equal(numHeld, 0);
});

test("when the job ends, whoever waits is told so, and whoever asks then", async () => {
  const { fs, manifest } = await written("memory");
  const queries = asking(new HeldFileSystem(fs, () => new Promise<void>(() => {})), manifest);
  const waiting = [queries.get("numbers", "a"), all(queries.entries("numbers")), queries.sizes()];
  queries.close("it is over");
  const over = { code: "ILLEGAL_STATE", message: /it is over/ };
  for (const answer of [...waiting, queries.get("numbers", "a"), all(queries.entries("numbers"))]) {
    await assert.rejects(answer, over);
  }
});

test("a name that no operator has, and a key that is none, are refused", async () => {
  const { fs, manifest } = await written("memory");
  const queries = asking(fs, manifest);
  const missing = {
    code: "STATE_OPERATOR_MISSING",
    message: /"number" has .*: there is "numbers"; did you mean "numbers"\?/,
  };
  await assert.rejects(queries.get("number", "a"), missing);
  await assert.rejects(all(queries.entries("number")), missing);
  for (const key of [undefined, new Map(), () => 1]) {
    await assert.rejects(queries.get("numbers", key), { code: "KEY_NOT_CANONICAL" });
  }
});
