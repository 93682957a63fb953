import assert from "node:assert/strict";
import { test } from "node:test";
import { SimWorld } from "./sim-world.ts";

/** What a file has after a host has written "old", synced it with its name, written "NEW" over it, and lost its power; of many seeds. */
function afterCrashes(isSynced: boolean): Set<string> {
  const found = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const world = new SimWorld(seed);
    const volume = world.volume("data");
    const host = world.host("a", [volume]);
    const file = volume.create(host, "/data/f");
    file.write(host, Buffer.from("old"), 0);
    file.sync();
    volume.syncDirectory("/data");
    file.write(host, Buffer.from("NEW"), 0);
    if (isSynced) file.sync();
    host.crash();
    found.add(String(volume.file("/data/f").read(0, 10)));
  }
  return found;
}

test("a write that was synced outlives a crash; one that was not is there, in part, or gone", () => {
  assert.deepEqual(afterCrashes(true), new Set(["NEW"]));
  assert.deepEqual([...afterCrashes(false)].sort(), ["NEW", "NEd", "Nld", "old"]);
});

test("a name that was not synced may be gone, and what had it before is there again", () => {
  const found = new Set<string>();
  for (let seed = 0; seed < 100; seed++) {
    const world = new SimWorld(seed);
    const volume = world.volume("data");
    const host = world.host("a", [volume]);
    for (const name of ["f", "g"]) {
      const file = volume.create(host, `/data/${name}`);
      file.write(host, Buffer.from(name), 0);
      file.sync();
    }
    volume.syncDirectory("/data");
    volume.rename(host, "/data/g", "/data/f");
    host.crash();
    found.add([...volume.paths].map((path) => `${path}=${volume.file(path).read(0, 1)}`).join(" "));
  }
  // Names come onto the medium one after the other: the new one first.
  assert.deepEqual([...found].sort(), ["/data/f=f /data/g=g", "/data/f=g", "/data/f=g /data/g=g"]);
});

test("a sync that failed leaves writes that no later sync brings onto the medium", () => {
  const world = new SimWorld(1);
  const volume = world.volume("data");
  const host = world.host("a", [volume]);
  const file = volume.create(host, "/data/f");
  volume.syncDirectory("/data");
  file.write(host, Buffer.from("a"), 0);
  file.failSync();
  file.write(host, Buffer.from("b"), 1);
  file.sync();
  assert.equal(String(file.read(0, 2)), "ab");
  host.crash();
  assert.equal(String(file.read(0, 2)), "\0b");
});
