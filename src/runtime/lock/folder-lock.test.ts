import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { HeldFileSystem } from "../../../test/support/held-file-system.ts";
import { machineWith } from "../../../test/support/machine-with.ts";
import { MemoryFileSystem } from "../../../test/support/memory-file-system.ts";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { type FileSystem, nodeFileSystem } from "../files/file-system.ts";
import { thisMachine } from "../machine/machine.ts";
import { processIdentity } from "../process/process-identity.ts";
import { FolderLock, type Holder, type TakeOptions } from "./folder-lock.ts";

const timing = { beatMs: 5, deadAfterMs: 100 };

async function take(directory: string, fs: FileSystem, options: TakeOptions = {}): Promise<FolderLock> {
  const taken = await FolderLock.take(directory, machineWith(fs), { timing, ...options });
  assert.ok(taken instanceof FolderLock, JSON.stringify(taken));
  return taken;
}

const endedPid = spawnSync(process.execPath, ["-e", ""]).pid;

/** A lock of a process that has ended, or is said to be another one. */
function left(of: Partial<Holder> = {}): Buffer {
  return Buffer.from(
    JSON.stringify({ ...processIdentity(), token: "left", thread: 0, beat: "0000000000", pid: endedPid, ...of }),
  );
}

test("of two that find a dead one's lock, one gets it, wherever the other stood still meanwhile", async () => {
  for (let at = 1; ; at++) {
    const fs = new MemoryFileSystem();
    fs.put("dir/lock", left());
    let winner: FolderLock | undefined;
    let where = "";
    const held = new HeldFileSystem(fs, async (step, name, path) => {
      if (step !== at) return;
      where = `${step}: ${name} ${path}`;
      const taken = await FolderLock.take("dir", machineWith(fs), { timing });
      if (taken instanceof FolderLock) winner = taken;
      assert.equal(await winner?.successor(), undefined, where);
    });
    const late = await FolderLock.take("dir", machineWith(held), { timing });
    if (where === "") return assert.ok(at > 15, `${at} steps`);
    assert.equal(late instanceof FolderLock, winner === undefined, where);
    const lock = winner ?? (late as FolderLock);
    assert.equal(await lock.successor(), undefined, where);
    await lock.release();
    assert.deepEqual(fs.paths, [], where);
  }
});

test("who died while it gave its lock back holds nobody up", async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, "lock.x.gone"), left());
  const lock = await take(directory, nodeFileSystem, { timing: { beatMs: 1_000, deadAfterMs: 60_000 } });
  assert.deepEqual(readdirSync(directory), ["lock"]);
  await lock.release();
});

test("of many that come at the same moment one gets the lock", async (t) => {
  const directory = temporaryDirectory(t);
  for (let round = 0; round < 8; round++) {
    writeFileSync(join(directory, "lock"), left());
    const all = await Promise.all(Array.from({ length: 8 }, () => FolderLock.take(directory, thisMachine, { timing })));
    const locks = all.filter((taken) => taken instanceof FolderLock);
    assert.equal(locks.length, 1);
    assert.equal(await locks[0]?.successor(), undefined);
    await locks[0]?.release();
    assert.deepEqual(readdirSync(directory), []);
  }
});

for (const [what, claimant] of [
  ["a process that ended", {}],
  ["a machine that nobody can see", { host: "elsewhere" }],
] as const) {
  test(`${what} in the middle of taking over holds nobody up, and replaces nobody should it wake up`, async (t) => {
    const directory = temporaryDirectory(t);
    const at = (name: string): string => join(directory, name);
    writeFileSync(at("lock"), left());
    writeFileSync(at("lock.left.claim"), left({ token: "claimant", ...claimant }));
    writeFileSync(at("lock.claimant.new"), left({ token: "claimant", ...claimant }));
    const lock = await take(directory, nodeFileSystem);
    await assert.rejects(nodeFileSystem.rename(at("lock.claimant.new"), at("lock")), { code: "ENOENT" });
    assert.equal(await lock.successor(), undefined);
    assert.deepEqual(readdirSync(directory), ["lock"]);
    await lock.release();
  });
}

test("a live lock that one who comes late has moved away is found by its holder, and respected by others", async (t) => {
  const directory = temporaryDirectory(t);
  const lock = await take(directory, nodeFileSystem);
  await nodeFileSystem.rename(join(directory, "lock"), join(directory, "lock.late.gone"));
  const refused = await FolderLock.take(directory, thisMachine, { timing });
  assert.equal(refused instanceof FolderLock, false);
  assert.equal(await lock.successor(), undefined);
  assert.ok(readdirSync(directory).includes("lock"));
  await nodeFileSystem.remove(join(directory, "lock.late.gone"));
  await nodeFileSystem.remove(join(directory, "lock"));
  assert.equal(await lock.successor(), "nobody");
  await lock.release();
});

/** Processes that nobody here can see, whose file changes or does not. */
const elsewhere: readonly [string, Partial<Holder>][] = [
  ["another machine", { host: "elsewhere", space: "another boot pid:[1]" }],
  ["a container of the same host name", { space: `${processIdentity().space?.split(" ")[0]} pid:[1]` }],
  ["a machine of the same host name", { space: "another boot pid:[4026531836]" }],
  ["an earlier version", { space: undefined as never, startedAt: "another boot 7" }],
];

for (const [what, holder] of elsewhere) {
  test(`a lock of ${what} is held while it changes, whatever its process id is here, and free when it does not`, async (t) => {
    if (processIdentity().space === undefined) return t.skip("the system does not tell containers apart");
    const directory = temporaryDirectory(t);
    for (const pid of [endedPid, process.pid]) {
      let beat = 0;
      const show = (): void => {
        writeFileSync(join(directory, "aside"), left({ ...holder, pid, beat: String(beat++).padStart(10, "0") }));
        // At once, so that nobody reads half of it.
        renameSync(join(directory, "aside"), join(directory, "lock"));
      };
      show();
      const beats = setInterval(show, 5);
      const taken = await FolderLock.take(directory, thisMachine, { timing });
      clearInterval(beats);
      assert.equal((taken as Holder).pid, pid);
      await (await take(directory, nodeFileSystem)).release();
    }
  });
}

test("a lock of an earlier version, of a driver or a broker, is held while its process is seen", async (t) => {
  const { pid, startedAt } = processIdentity();
  if (startedAt === undefined) return t.skip("the system does not say when a process began");
  const directory = temporaryDirectory(t);
  const { space: _, ...driver } = JSON.parse(left({ pid: process.ppid, startedAt: startOf(process.ppid) }).toString());
  const broker = `${process.ppid} ${startOf(process.ppid)}`;
  assert.notEqual(pid, process.ppid);
  for (const content of [JSON.stringify(driver), broker]) {
    writeFileSync(join(directory, "lock"), content);
    const taken = await FolderLock.take(directory, thisMachine, { timing });
    assert.equal((taken as Holder).pid, process.ppid, content);
  }
});

test("a lock that nobody can read is free when it has not changed for as long as a sign of life may take", async (t) => {
  const directory = temporaryDirectory(t);
  for (const content of ["", "{", "7 boot 5", "7 boot", "null", '{"token":7}']) {
    writeFileSync(join(directory, "lock"), content);
    const began = performance.now();
    await (await take(directory, nodeFileSystem)).release();
    assert.ok(performance.now() - began >= timing.deadAfterMs);
  }
});

test("a process that has ended and whose parent has not been told holds nothing", async (t) => {
  const zombie = await unreaped(t);
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, "lock"), left(zombie));
  const began = performance.now();
  await (await take(directory, nodeFileSystem, { timing: { beatMs: 1_000, deadAfterMs: 30_000 } })).release();
  assert.ok(performance.now() - began < 30_000);
});

test("who waits is told once for whom, and takes the lock when it is given back, or its holder's time is over", async (t) => {
  const directory = temporaryDirectory(t);
  const first = await take(directory, nodeFileSystem);
  const told: Holder[] = [];
  const waiting = take(directory, nodeFileSystem, { waitMs: 60_000, waiting: (holder) => told.push(holder) });
  await new Promise((resolve) => setTimeout(resolve, 30));
  await first.release();
  const second = await waiting;
  assert.deepEqual(
    told.map(({ pid }) => pid),
    [process.pid],
  );
  const began = performance.now();
  const holder = await FolderLock.take(directory, thisMachine, { timing, waitMs: 50 });
  assert.ok(performance.now() - began >= 50);
  assert.equal((holder as Holder).pid, process.pid);
  await second.release();
});

test("waiting ends with its signal, and leaves nothing", async (t) => {
  const directory = temporaryDirectory(t);
  const first = await take(directory, nodeFileSystem);
  const stopped = new AbortController();
  const waiting = FolderLock.take(directory, thisMachine, { waitMs: 60_000, signal: stopped.signal });
  await new Promise((resolve) => setTimeout(resolve, 20));
  stopped.abort(new Error("stopped"));
  await assert.rejects(waiting, /stopped/);
  await first.release();
  assert.deepEqual(readdirSync(directory), []);
});

test("a holder whose event loop is held up shows that it lives", async (t) => {
  const directory = temporaryDirectory(t);
  const lock = await take(directory, nodeFileSystem);
  const beatOf = (): string => (JSON.parse(readFileSync(join(directory, "lock"), "utf8")) as Holder).beat;
  const until = performance.now() + 5_000;
  // What a function of the program does that computes for long. It ends when the beat has changed five times.
  for (let changes = 0, last = beatOf(); changes < 5; ) {
    assert.ok(performance.now() < until, `${changes} beats`);
    const beat = beatOf();
    if (beat !== last) changes++;
    last = beat;
  }
  await lock.release();
});

/** When a process began, as an identity says it. */
function startOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return `${processIdentity().space?.split(" ")[0]} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
}

/** A process that has ended, with a parent that does not look. */
async function unreaped(t: TestContext): Promise<Partial<Holder>> {
  const { startProcess } = await import("../../../test/support/processes.ts");
  // It ends when its parent has become a program that does not know of it.
  const child = 'until [ "$(cat /proc/$$/comm)" = sleep ]; do :; done';
  const parent = startProcess("sh", ["-c", `(${child}) & echo $!; exec sleep 60`]);
  t.after(() => parent.kill("SIGKILL"));
  const [line] = (await parent.stdout?.take(1).toArray()) as [Buffer];
  const pid = Number(line.toString());
  for (;;) {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    if (stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z")) return { pid, startedAt: startOf(pid) };
  }
}
