import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { hashKey } from "../keys/hash-key.ts";
import { thisMachine } from "../runtime/machine/machine.ts";
import type { Change } from "./entry.ts";
import { DirectoryFiles } from "./files/directory-files.ts";
import type { StateFile } from "./files/state-file.ts";
import { acceptFiles, emptyManifest, filesOf, type Manifest, sliceOf } from "./manifest.ts";
import { memoryOnlyFiles } from "./memory/memory-only-files.ts";
import { MemoryStore } from "./memory/memory-store.ts";
import { DiskStore } from "./sorted/disk-store.ts";
import { SortedFile } from "./sorted/sorted-file.ts";
import { SortedSlice } from "./sorted/sorted-slice.ts";
import { sortFiles } from "./sorted/write/sort-files.ts";
import { writeMerge } from "./sorted/write/write-merge.ts";
import type { StateStore } from "./state-store.ts";
import type { StoredValue } from "./stored-value.ts";

// One operator "sum" of 16 buckets, in every kind of store. A batch is a list of assignments; undefined removes the key.

const buckets = 16;
type Assignment = readonly [unknown, StoredValue];
type Batch = readonly Assignment[];
interface Range {
  readonly from: number;
  readonly until: number;
}

function rangesOf(partitions: number): Range[] {
  const first = (partition: number): number => Math.ceil((partition * buckets) / partitions);
  return Array.from({ length: partitions }, (_, p) => ({ from: first(p), until: first(p + 1) }));
}

const all: Range = { from: 0, until: buckets };
const open = (store: StateStore, manifest: Manifest, time: number, { from, until }: Range) =>
  store.open(sliceOf(manifest, "sum", buckets, from, until), time);

/** One attempt of one task: proposes the batch's changes that are in its buckets. */
async function attempt(
  store: StateStore,
  manifest: Manifest,
  batch: Batch,
  time: number,
  range = all,
): Promise<readonly StateFile[]> {
  const state = await open(store, manifest, time, range);
  const here = batch.filter(([key]) => {
    const bucket = hashKey(key) % buckets;
    return bucket >= range.from && bucket < range.until;
  });
  const found = await state.find(here.map(([key]) => key));
  const changes: Change[] = here
    .map(([key, stored]) => ({ key, entry: found.get(key), stored }))
    .filter(({ entry, stored }) => entry !== undefined || stored !== undefined);
  return state.propose(time, changes);
}

async function run(store: StateStore, manifest: Manifest, batch: Batch, time: number, range = all): Promise<Manifest> {
  return acceptFiles(manifest, await attempt(store, manifest, batch, time, range));
}

/** In the order of iteration. */
async function contents(store: StateStore, manifest: Manifest, range = all, time = 1_000): Promise<Assignment[]> {
  const found: Assignment[] = [];
  const state = await open(store, manifest, time, range);
  for await (const entries of state.entries()) for (const { key, stored } of entries) found.push([key, stored]);
  return found;
}

/** Without order. */
async function map(store: StateStore, manifest: Manifest, range = all): Promise<Map<unknown, StoredValue>> {
  return new Map(await contents(store, manifest, range));
}

interface Kind {
  readonly name: string;
  readonly isDurable: boolean;
  readonly newStore: (directory: string) => StateStore;
}

const files = (directory: string): DirectoryFiles => new DirectoryFiles(directory, thisMachine);
const disk: Kind = { name: "disk", isDurable: true, newStore: (directory) => new DiskStore(files(directory)) };
const memory: Kind = { name: "memory", isDurable: true, newStore: (directory) => new MemoryStore(files(directory)) };
const memoryOnly: Kind = {
  name: "memory only",
  isDurable: false,
  newStore: () => new MemoryStore(memoryOnlyFiles(thisMachine.random)),
};

/** A folder, and stores over it that are closed when the test ends. */
function storesOf(
  { newStore }: Kind,
  t: TestContext,
): { readonly directory: string; readonly newStore: () => StateStore } {
  const directory = temporaryDirectory(t);
  const made = (): StateStore => {
    const store = newStore(directory);
    t.after(() => store.close());
    return store;
  };
  return { directory, newStore: made };
}

const numbered = (count: number, value = (i: number): StoredValue => i): Batch =>
  Array.from({ length: count }, (_, i) => [i, value(i)]);

for (const kind of [disk, memory, memoryOnly]) {
  test(`${kind.name}: what a batch changed is there when the next manifest names its file, and not before`, async (t) => {
    const store = storesOf(kind, t).newStore();
    const first = acceptFiles(emptyManifest, await attempt(store, emptyManifest, [["a", 1]], 1));
    assert.deepEqual(await map(store, first), new Map([["a", 1]]));
    assert.equal((await attempt(store, first, [["a", 2]], 2)).length, 1);
    assert.deepEqual(await map(store, first), new Map([["a", 1]]));
  });

  test(`${kind.name}: of several attempts only the accepted one counts`, async (t) => {
    const store = storesOf(kind, t).newStore();
    const first = await run(
      store,
      emptyManifest,
      [
        ["a", 1],
        ["b", 1],
      ],
      1,
    );
    await attempt(
      store,
      first,
      [
        ["a", 7],
        ["c", 7],
      ],
      2,
    );
    await attempt(store, first, [["b", undefined]], 2);
    const second = await run(store, first, [["a", 2]], 2);
    assert.deepEqual(
      await map(store, second),
      new Map([
        ["a", 2],
        ["b", 1],
      ]),
    );
  });

  test(`${kind.name}: a batch that changes nothing writes nothing`, async (t) => {
    const store = storesOf(kind, t).newStore();
    const first = await run(store, emptyManifest, [["a", 1]], 1);
    assert.deepEqual(await attempt(store, first, [], 2), []);
    assert.deepEqual(await map(store, first), new Map([["a", 1]]));
  });

  test(`${kind.name}: keys are found by value, those without state are not`, async (t) => {
    const store = storesOf(kind, t).newStore();
    const date = new Date(5);
    const keys = [
      "a",
      5,
      5n,
      "5",
      null,
      true,
      0.5,
      Number.NaN,
      [1, "x"],
      { b: 1, a: 2 },
      date,
      Buffer.from("k"),
      "é".repeat(300),
    ];
    const values: StoredValue[] = [
      1,
      "text",
      2n,
      null,
      false,
      0.25,
      -0,
      Uint8Array.of(1, 2),
      new Uint8Array(300).fill(1),
      "ü",
      "y".repeat(300),
      1e300,
      -7,
    ];
    const manifest = await run(
      store,
      emptyManifest,
      keys.map((key, i) => [key, values[i]]),
      1,
    );
    const found = await (await open(store, manifest, 2, all)).find([...keys, { a: 2, b: 1 }, "b", 6, [1]]);
    assert.deepEqual(
      keys.map((key) => found.get(key)?.stored),
      values,
    );
    assert.deepEqual(found.get({ a: 2, b: 1 })?.stored, values[9]);
    assert.deepEqual([found.get("b"), found.get(6), found.get([1])], [undefined, undefined, undefined]);
  });
}

for (const kind of [disk, memory]) {
  test(`${kind.name}: an earlier attempt can be the accepted one: its file is read`, async (t) => {
    const store = storesOf(kind, t).newStore();
    const first = await run(store, emptyManifest, [["a", 1]], 1);
    const accepted = await attempt(store, first, [["a", 2]], 2);
    await attempt(store, first, [["a", 3]], 2);
    assert.deepEqual(await map(store, acceptFiles(first, accepted)), new Map([["a", 2]]));
  });

  test(`${kind.name}: a worker that did not run the last batches catches up, and a new one reads everything, in the same order`, async (t) => {
    const { newStore } = storesOf(kind, t);
    const [one, two] = [newStore(), newStore()];
    const keys = Array.from({ length: 100 }, (_, i) => (i % 3 === 0 ? i : i % 3 === 1 ? `key ${i}` : [i, "pair"]));
    let manifest = await run(
      one,
      emptyManifest,
      keys.map((key) => [key, 0]),
      1,
    );
    await contents(two, manifest);
    manifest = await run(
      one,
      manifest,
      [
        ["key 1", undefined],
        [3, 1],
      ],
      2,
    );
    manifest = await run(
      two,
      manifest,
      [
        ["key 1", "back"],
        ["new", 1],
        [6, undefined],
      ],
      3,
    );
    manifest = await run(
      one,
      manifest,
      [
        [[2, "pair"], 5],
        [-1, true],
      ],
      4,
    );
    const expected = await contents(one, manifest);
    assert.equal(expected.length, 101);
    assert.deepEqual(await contents(two, manifest), expected);
    assert.deepEqual(await contents(newStore(), manifest), expected);
  });

  test(`${kind.name}: whatever was merged meanwhile, workers agree with an oracle and on the order of keys`, async (t) => {
    const { newStore } = storesOf(kind, t);
    const [steady, seldom] = [newStore(), newStore()];
    const oracle = new Map<unknown, StoredValue>();
    let manifest = await run(steady, emptyManifest, numbered(2_000), 1);
    for (const [key, stored] of numbered(2_000)) oracle.set(key, stored);
    const merged = new Set<string>();
    for (let time = 2; time < 150; time++) {
      const batch: Batch = Array.from({ length: 12 }, (_, n) => {
        const key = (n * 131 + time * 37) % 2_300;
        return [key, (key + time) % 5 === 0 ? undefined : time];
      });
      for (const [key, stored] of batch) {
        if (stored === undefined) oracle.delete(key);
        else oracle.set(key, stored);
      }
      const written = await attempt(steady, manifest, batch, time);
      for (const file of written) if (file.merges !== undefined) merged.add(file.kind);
      manifest = acceptFiles(manifest, written);
      if (time % 23 === 0) {
        const expected = await contents(steady, manifest, all, time);
        assert.deepEqual(new Map(expected), oracle, `batch ${time}`);
        assert.deepEqual(await contents(seldom, manifest, all, time), expected, `batch ${time}`);
        assert.deepEqual(await contents(newStore(), manifest), expected, `batch ${time}`);
      }
    }
    assert.deepEqual(merged, new Set(["delta"]));
  });

  test(`${kind.name}: a chain stays short, and no longer than its first file but for a few deltas`, async (t) => {
    const store = storesOf(kind, t).newStore();
    let manifest = await run(store, emptyManifest, numbered(5_000), 1);
    let [bytes, longest] = [0, 0];
    for (let time = 2; time < 300; time++) {
      const written = await attempt(store, manifest, [[time, -time]], time);
      bytes += written.reduce((sum, { length }) => sum + length, 0);
      manifest = acceptFiles(manifest, written);
      longest = Math.max(longest, manifest[0]?.parts[0]?.chain.length ?? 0);
    }
    assert.ok(longest <= 24, `${longest} files`);
    // Once over with each delta's index, again in merges, and nothing of the five thousand.
    const [{ length: snapshot } = { length: 0 }] = manifest[0]?.parts[0]?.chain ?? [];
    assert.ok(bytes < 300 * 500 * 6 && snapshot > 30_000, `${bytes} bytes behind ${snapshot}`);
    let large = await run(store, emptyManifest, numbered(5_000), 1);
    for (let time = 2; time < 12; time++) {
      large = await run(
        store,
        large,
        numbered(5_000, (i) => i + time),
        time,
      );
      const lengths = (large[0]?.parts[0]?.chain ?? []).map(({ length }) => length);
      assert.ok(lengths.length <= 4, `${lengths.length} files as large as the first`);
    }
  });

  test(`${kind.name}: partitions may become 2, 3 and 1: each reads the buckets that are its own now`, async (t) => {
    const { newStore } = storesOf(kind, t);
    const oracle = new Map<unknown, StoredValue>();
    let manifest: Manifest = emptyManifest;
    for (const [i, partitions] of [1, 2, 3, 1].entries()) {
      const ranges = rangesOf(partitions);
      const stores = ranges.map(() => newStore());
      for (let round = 0; round < 12; round++) {
        const time = i * 12 + round;
        const batch: Batch = Array.from({ length: 40 }, (_, n) => {
          return [`k${(n * 7 + time * 11) % 90}`, n % 9 === 0 ? undefined : time * 100 + n];
        });
        for (const [key, stored] of batch)
          if (stored === undefined) oracle.delete(key);
          else oracle.set(key, stored);
        const before = manifest;
        const written = await Promise.all(
          ranges.map((range, p) => attempt(stores[p] as StateStore, before, batch, time, range)),
        );
        manifest = acceptFiles(manifest, written.flat());
        const after = manifest;
        const parts = await Promise.all(
          ranges.map((range, p) => contents(stores[p] as StateStore, after, range, time)),
        );
        assert.deepEqual(new Map(parts.flat()), oracle, `${partitions} partitions, batch ${time}`);
      }
    }
    assert.deepEqual(await map(newStore(), manifest), oracle);
    assert.ok(filesOf(manifest).size < 24, `${filesOf(manifest).size} files`);
  });

  test(`${kind.name}: files are named for their content: attempts that write the same meet, others never write over each other`, async (t) => {
    const { directory, newStore } = storesOf(kind, t);
    const write = (value: number) => attempt(newStore(), emptyManifest, [["a", value]], 5);
    const [one, same, other] = await Promise.all([write(1), write(1), write(2)]);
    assert.deepEqual(one, same);
    assert.notDeepEqual(one, other);
    const names = readdirSync(directory);
    assert.equal(names.length, 2);
    for (const name of names) assert.match(name, /^5-[0-9a-f]{32}\.snapshot$/);
  });

  test(`${kind.name}: a partition that a worker did not run for long is given up, and read again when it comes back`, async (t) => {
    const { newStore } = storesOf(kind, t);
    const store = newStore();
    const [left, right] = rangesOf(2) as [Range, Range];
    let manifest = await run(store, await run(store, emptyManifest, numbered(40), 1, left), numbered(40), 1, right);
    const other = newStore();
    for (let time = 2; time < 40; time++) {
      manifest = await run(
        store,
        manifest,
        [
          [1, time],
          [2, time],
        ],
        time,
        left,
      );
      manifest = await run(
        other,
        manifest,
        [
          [1, time],
          [2, time],
        ],
        time,
        right,
      );
    }
    assert.deepEqual(
      new Map([...(await contents(store, manifest, left, 40)), ...(await contents(store, manifest, right, 40))]),
      new Map([...numbered(40), [1, 39], [2, 39]]),
    );
  });
}

for (const kind of [disk, memory, memoryOnly]) {
  test(`${kind.name}: what was taken of entries stays what it was while the next ones are read`, async (t) => {
    const store = storesOf(kind, t).newStore();
    const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));
    // Of one bucket, more than is read at once, and in a file that is written in several pieces.
    const texts = Array.from({ length: 6_000 }, (_, i) => `${i}`.padEnd(100));
    const changes = texts.map((text) => ({ key: bytesOf(text), entry: undefined, stored: bytesOf(text), bucket: 3 }));
    const manifest = acceptFiles(emptyManifest, await (await open(store, emptyManifest, 1, all)).propose(1, changes));
    const taken: Uint8Array[][] = [];
    for await (const entries of (await open(store, manifest, 2, all)).entries())
      for (const { key, stored } of entries) taken.push([key, stored] as Uint8Array[]);
    const now = new Set(taken.map((bytes) => bytes.map((each) => Buffer.from(each).toString()).join()));
    assert.equal(texts.filter((text) => !now.has(`${text},${text}`)).length, 0);
  });
}

test("state in memory only is lost with its worker, which is said", async () => {
  const manifest = await run(new MemoryStore(memoryOnlyFiles(thisMachine.random)), emptyManifest, [["a", 1]], 1);
  await assert.rejects(contents(new MemoryStore(memoryOnlyFiles(thisMachine.random)), manifest), {
    code: "WORKER_DIED",
    retryable: false,
  });
});

test("state goes from memory to disk and back: nothing of it changes", async (t) => {
  const directory = temporaryDirectory(t);
  const { signal } = new AbortController();
  const oracle = new Map<unknown, StoredValue>();
  let manifest: Manifest = emptyManifest;
  for (const [i, kind] of [memory, disk, memory, disk].entries()) {
    if (kind === disk) manifest = (await sortFiles(manifest, files(directory), signal, thisMachine.random)) ?? manifest;
    const store = kind.newStore(directory);
    t.after(() => store.close());
    for (let time = i * 30 + 1; time <= i * 30 + 30; time++) {
      const batch: Batch = [
        [time, time],
        [`k${time % 7}`, [time % 3, 1].join()],
        [time - 5, time % 4 === 0 ? undefined : -time],
        [[time % 4], undefined],
        [[time % 5], 1],
      ];
      for (const [key, stored] of batch) {
        const id = JSON.stringify(key);
        if (stored === undefined) oracle.delete(id);
        else oracle.set(id, stored);
      }
      manifest = await run(store, manifest, batch, time);
    }
    const found = await contents(store, manifest);
    assert.deepEqual(new Map(found.map(([key, stored]) => [JSON.stringify(key), stored])), oracle, kind.name);
  }
  assert.equal(await sortFiles(manifest, files(directory), signal, thisMachine.random), undefined);
});

test("on disk some of the buckets are merged on their own", async (t) => {
  const { directory, newStore } = storesOf(disk, t);
  const store = newStore();
  let manifest: Manifest = emptyManifest;
  for (let time = 1; time <= 3; time++)
    manifest = await run(
      store,
      manifest,
      numbered(time === 1 ? 2_000 : 20, (i) => i * time),
      time,
    );
  manifest = await run(store, manifest, [[7, undefined]], 4);
  const slice = sliceOf(manifest, "sum", buckets, 0, buckets);
  const expected = await contents(store, manifest);
  const chain = slice.parts[0]?.chain ?? [];
  const opened = await Promise.all(chain.map(async (file) => new SortedFile(await files(directory).open(file))));
  const sorted = new SortedSlice(slice, new Map(opened.map((file) => [file.file.id, file])));
  const everything = await writeMerge(sorted, { from: 2, until: 5, files: undefined }, 5, files(directory));
  const deltas = await writeMerge(sorted, { from: 5, until: 11, files: chain.slice(1, 3) }, 5, files(directory));
  await Promise.all(opened.map((file) => file.close()));
  manifest = acceptFiles(manifest, [everything, deltas]);
  assert.deepEqual(
    manifest[0]?.parts.map(({ from, until, chain: { length } }) => [from, until, length]),
    [
      [0, 2, 4],
      [2, 5, 1],
      [5, 11, 3],
      [11, 16, 4],
    ],
  );
  assert.deepEqual(await contents(newStore(), manifest), expected);
});
