// Stores for keyed state on disk beside each other: reading and writing again random keys out of many, in batches. sqlite is node:sqlite;
// lmdb is no dependency and wants `npm install --no-save lmdb` first; disk is ours, whose files are synced and can be read by others,
// as those of the two are not. state-stores.ts disk|sqlite|lmdb [KEYS (10,000,000)]. Prints JSON.

import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { StateGarbage } from "../src/driver/state/state-garbage.ts";
import { jobRuntime } from "../src/runtime/job-runtime.ts";
import { thisMachine } from "../src/runtime/machine/machine.ts";
import { acceptFiles, emptyManifest, type Manifest, sliceOf } from "../src/state/manifest.ts";
import { openStateStore } from "../src/state/open-state-store.ts";

/** Adds one to the count that each key begins with. */
type RunBatch = (keys: readonly string[]) => void | Promise<void>;

const [kind = "disk", count = "10000000"] = process.argv.slice(2);
const numKeys = Number(count);
const [perBatch, numUpdateBatches, valueBytes] = [100_000, 20, 40];

function counted(before: Uint8Array | undefined): Buffer {
  const value = Buffer.alloc(valueBytes);
  if (before !== undefined) value.set(before);
  value.writeUInt32LE(value.readUInt32LE(0) + 1, 0);
  return value;
}

async function openSqlite(folder: string): Promise<RunBatch> {
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(join(folder, "state.db"));
  db.exec("pragma journal_mode=off; pragma synchronous=off; pragma cache_size=-262144; pragma locking_mode=exclusive");
  db.exec("create table state(key text primary key, value blob) without rowid");
  const get = db.prepare("select value from state where key = ?");
  const put = db.prepare("insert into state values(?, ?) on conflict(key) do update set value = excluded.value");
  return (keys) => {
    db.exec("begin");
    for (const key of keys) put.run(key, counted(get.get(key)?.value as Uint8Array | undefined));
    db.exec("commit");
  };
}

async function openLmdb(folder: string): Promise<RunBatch> {
  const name = "lmdb";
  const { open } = await import(name);
  const db = open({ path: join(folder, "state"), encoding: "binary", noSync: true, mapSize: 2 ** 33 });
  return (keys) =>
    db.transactionSync(() => {
      for (const key of keys) db.put(key, counted(db.getBinary(key)));
    });
}

async function openDisk(folder: string): Promise<RunBatch> {
  const store = openStateStore({ store: "disk", directory: folder }, thisMachine);
  const garbage = new StateGarbage(folder, jobRuntime());
  let [manifest, time]: [Manifest, number] = [emptyManifest, 0];
  return async (keys) => {
    const before = manifest;
    const state = await store.open(sliceOf(before, "counts", 64, 0, 64), ++time);
    const found = await state.find(keys);
    const changes = keys.map((key) => {
      const entry = found.get(key);
      return { key, entry, stored: counted(entry?.stored as Uint8Array | undefined) };
    });
    manifest = acceptFiles(before, await state.propose(time, changes));
    await garbage.committed(time, before, manifest);
  };
}

const openStore = { sqlite: openSqlite, lmdb: openLmdb, disk: openDisk }[kind];
if (openStore === undefined) throw new Error(`no store ${kind}`);
const folder = mkdtempSync(join(tmpdir(), "dstream-"));
const runBatch = await openStore(folder);
const keyOf = (i: number): string => `user-${String(i).padStart(11, "0")}`;

/** Keys a second. */
async function rateOf(numBatches: number, key: (i: number) => number): Promise<number> {
  const startedAt = performance.now();
  for (let batch = 0; batch < numBatches; batch++) {
    await runBatch(Array.from({ length: perBatch }, (_, i) => keyOf(key(batch * perBatch + i))));
  }
  return Math.round((numBatches * perBatch * 1_000) / (performance.now() - startedAt));
}

const newKeysPerSecond = await rateOf(numKeys / perBatch, (i) => (i * 7_919) % numKeys);
const updatesPerSecond = await rateOf(numUpdateBatches, (i) => (i * 104_729) % numKeys);
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => statSync(join(folder, name)));
const sizes = files.filter((file) => file.isFile()).map(({ size }) => size);
rmSync(folder, { recursive: true });
const result = {
  command: `bench/state-stores.ts ${kind} ${numKeys}`,
  cpu: `${cpus().length} × ${cpus()[0]?.model}`,
  node: process.version,
  newKeysPerSecond,
  updatesPerSecond,
  maxRssMb: Math.round(process.resourceUsage().maxRSS / 1_024),
  diskMb: Math.round(sizes.reduce((a, b) => a + b, 0) / 2 ** 20),
};
console.log(JSON.stringify(result));
process.exit(0);
