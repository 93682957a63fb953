import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { hashKey } from "../keys/hash-key.ts";
import { nodeFileSystem } from "../runtime/file-system.ts";
import { DirectoryFiles } from "./directory-files.ts";
import { acceptFiles, emptyManifest, type Manifest, sliceOf } from "./manifest.ts";
import { memoryOnlyFiles } from "./memory-only-files.ts";
import type { Change } from "./memory-state.ts";
import type { StateFile } from "./state-file.ts";
import { StateStore } from "./state-store.ts";
import type { StoredValue } from "./stored-value.ts";

// One operator "sum" of 16 buckets. A batch is a list of assignments; undefined removes the key.

const buckets = 16;
type Batch = readonly (readonly [unknown, StoredValue])[];
interface Range {
  readonly from: number;
  readonly until: number;
}

function rangesOf(partitions: number): Range[] {
  const first = (partition: number): number => Math.ceil((partition * buckets) / partitions);
  return Array.from({ length: partitions }, (_, p) => ({ from: first(p), until: first(p + 1) }));
}

const all: Range = { from: 0, until: buckets };
const open = (store: StateStore, manifest: Manifest, { from, until }: Range) =>
  store.open(sliceOf(manifest, "sum", buckets, from, until));

/** One attempt of one task: proposes the batch's changes that are in its buckets. */
async function attempt(store: StateStore, manifest: Manifest, batch: Batch, time: number, range = all) {
  const state = await open(store, manifest, range);
  const changes: Change[] = batch
    .filter(([key]) => hashKey(key) % buckets >= range.from && hashKey(key) % buckets < range.until)
    .map(([key, stored]) => ({ key, entry: state.get(key), stored }))
    .filter(({ entry, stored }) => entry !== undefined || stored !== undefined);
  return state.propose(time, changes);
}

async function run(store: StateStore, manifest: Manifest, batch: Batch, time: number, range = all): Promise<Manifest> {
  const file = await attempt(store, manifest, batch, time, range);
  return file === undefined ? manifest : acceptFiles(manifest, [file]);
}

async function contents(store: StateStore, manifest: Manifest, range = all): Promise<[unknown, StoredValue][]> {
  return Array.from((await open(store, manifest, range)).entries(), ({ key, stored }) => [key, stored]);
}

function durable(t: TestContext): { readonly directory: string; readonly newStore: () => StateStore } {
  const directory = temporaryDirectory(t);
  return { directory, newStore: () => new StateStore(new DirectoryFiles(directory, nodeFileSystem)) };
}

for (const kind of ["durable", "memory only"] as const) {
  test(`${kind}: what a batch changed is there when the next manifest names its file, and not before`, async (t) => {
    const store = kind === "durable" ? durable(t).newStore() : new StateStore(memoryOnlyFiles);
    const file = (await attempt(store, emptyManifest, [["a", 1]], 1)) as StateFile;
    assert.deepEqual(await contents(store, acceptFiles(emptyManifest, [file])), [["a", 1]]);
    const later = await attempt(store, acceptFiles(emptyManifest, [file]), [["a", 2]], 2);
    assert.notEqual(later, undefined);
    assert.deepEqual(await contents(store, acceptFiles(emptyManifest, [file])), [["a", 1]]);
  });

  test(`${kind}: of several attempts only the accepted one counts`, async (t) => {
    const store = kind === "durable" ? durable(t).newStore() : new StateStore(memoryOnlyFiles);
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
    assert.deepEqual(await contents(store, second), [
      ["a", 2],
      ["b", 1],
    ]);
  });

  test(`${kind}: a batch that changes nothing writes nothing`, async (t) => {
    const store = kind === "durable" ? durable(t).newStore() : new StateStore(memoryOnlyFiles);
    const first = await run(store, emptyManifest, [["a", 1]], 1);
    assert.equal(await attempt(store, first, [], 2), undefined);
    assert.deepEqual(await contents(store, first), [["a", 1]]);
  });
}

test("an earlier attempt can be the accepted one: its file is read", async (t) => {
  const { newStore } = durable(t);
  const store = newStore();
  const first = await run(store, emptyManifest, [["a", 1]], 1);
  const accepted = (await attempt(store, first, [["a", 2]], 2)) as StateFile;
  await attempt(store, first, [["a", 3]], 2);
  assert.deepEqual(await contents(store, acceptFiles(first, [accepted])), [["a", 2]]);
});

test("a worker that did not run the last batches catches up, and a new one reads everything, in the same order", async (t) => {
  const { newStore } = durable(t);
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

test("state in memory only is lost with its worker, which is said", async () => {
  const manifest = await run(new StateStore(memoryOnlyFiles), emptyManifest, [["a", 1]], 1);
  await assert.rejects(contents(new StateStore(memoryOnlyFiles), manifest), { code: "WORKER_DIED", retryable: false });
});

test("a chain never has more than 20 deltas, nor deltas of more bytes than its snapshot and one delta", async (t) => {
  const { newStore } = durable(t);
  const store = newStore();
  let manifest = await run(
    store,
    emptyManifest,
    Array.from({ length: 5_000 }, (_, i) => [i, i]),
    1,
  );
  const lengths: number[] = [];
  for (let time = 2; time < 60; time++) {
    manifest = await run(store, manifest, [[time, -time]], time);
    lengths.push(manifest[0]?.parts[0]?.chain.length ?? 0);
  }
  assert.equal(Math.max(...lengths), 21);
  assert.deepEqual(lengths.slice(18, 22), [20, 21, 1, 2]);
  let large = await run(
    store,
    emptyManifest,
    Array.from({ length: 5_000 }, (_, i) => [i, i]),
    1,
  );
  const kinds: string[] = [];
  for (let time = 2; time < 6; time++) {
    large = await run(
      store,
      large,
      Array.from({ length: 5_000 }, (_, i) => [i, i + time]),
      time,
    );
    kinds.push(large[0]?.parts[0]?.chain.at(-1)?.kind ?? "");
  }
  assert.deepEqual(kinds, ["delta", "delta", "snapshot", "delta"]);
});

test("partitions may become 2, 3 and 1: each reads the buckets that are its own now", async (t) => {
  const { newStore } = durable(t);
  const oracle = new Map<unknown, StoredValue>();
  let manifest: Manifest = emptyManifest;
  for (const [i, partitions] of [1, 2, 3, 1].entries()) {
    const stores = rangesOf(partitions).map(() => newStore());
    for (let round = 0; round < 3; round++) {
      const time = i * 3 + round;
      const batch: Batch = Array.from({ length: 40 }, (_, n) => [
        `k${(n * 7 + time * 11) % 90}`,
        n % 9 === 0 ? undefined : time * 100 + n,
      ]);
      for (const [key, stored] of batch)
        if (stored === undefined) oracle.delete(key);
        else oracle.set(key, stored);
      const files = await Promise.all(
        rangesOf(partitions).map((range, p) => attempt(stores[p] as StateStore, manifest, batch, time, range)),
      );
      manifest = acceptFiles(
        manifest,
        files.filter((file) => file !== undefined),
      );
      const parts = await Promise.all(
        rangesOf(partitions).map((range, p) => contents(stores[p] as StateStore, manifest, range)),
      );
      assert.deepEqual(new Map(parts.flat()), oracle, `${partitions} partitions, batch ${time}`);
    }
  }
  assert.deepEqual(new Map(await contents(newStore(), manifest)), oracle);
});

test("files are named for their content: attempts that write the same meet, others never write over each other", async (t) => {
  const { directory, newStore } = durable(t);
  const write = (value: number) => attempt(newStore(), emptyManifest, [["a", value]], 5);
  const [one, same, other] = await Promise.all([write(1), write(1), write(2)]);
  assert.deepEqual(one, same);
  assert.notDeepEqual(one, other);
  const names = readdirSync(directory);
  assert.equal(names.length, 2);
  for (const name of names) assert.match(name, /^5-[0-9a-f]{32}\.snapshot$/);
});
