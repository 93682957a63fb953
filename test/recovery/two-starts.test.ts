import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type CountingRun, CountingWorld } from "./counting-world.ts";

// Real processes on one checkpoint. Whatever they do to each other, one goes on, the other ends with CHECKPOINT_LOCKED, and what they
// have counted is exact.

const options = { numRecords: 800, numKeys: 40, maxRatePerPartition: 500, batchInterval: 50 };

async function endOf(run: CountingRun): Promise<string> {
  const { code, signal } = await run.ended;
  if (code !== 1) return String(signal ?? code);
  return /it failed with (\[[A-Z_]+\])/.exec(run.output)?.[1] ?? run.output;
}

test("two drivers that start at the same moment, where one was killed: one runs, the other is refused", async (t) => {
  const world = await CountingWorld.make(t, { ...options, numRecords: 2_000, maxRatePerPartition: 100 });
  for (let round = 0; round < 8; round++) {
    const runs = [world.start("local"), world.start("local")];
    const ends = runs.map(endOf);
    await Promise.race(runs.map((run) => run.says("began\n")));
    await Promise.race([...ends, delay(5_000)]);
    for (const run of runs) run.child.kill("SIGKILL");
    assert.deepEqual((await Promise.all(ends)).sort(), ["SIGKILL", "[CHECKPOINT_LOCKED]"], `round ${round}`);
  }
  assert.equal(await world.run("local"), 0);
  assert.deepEqual(await world.faults(), []);
});

test("a driver on another machine that stands still at a step of its start or of its batches is replaced, and ends", async (t) => {
  const world = await CountingWorld.make(t, options);
  for (const stopAt of [14, 31, 43, 52, 61, 80]) {
    const stopped = world.start("local", { elsewhere: true, stopAt });
    await stopped.says("stopped ");
    const began = performance.now();
    const other = world.start("local", { lockWait: 30_000 });
    await other.says("began\n");
    assert.ok(performance.now() - began > 7_000, "it was replaced before its time was over");
    stopped.child.kill("SIGCONT");
    const place = /stopped (.*)/.exec(stopped.output)?.[1];
    assert.equal(await endOf(stopped), "[CHECKPOINT_LOCKED]", `${stopAt}: ${place}`);
    other.child.kill("SIGKILL");
    await other.ended;
    t.diagnostic(`${stopAt}: ${place}`);
  }
  assert.equal(await world.run("local"), 0);
  assert.deepEqual(await world.faults(), []);
});

test("a job on another machine whose function computes for 16 s keeps its checkpoint", async (t) => {
  const world = await CountingWorld.make(t, options);
  const busy = world.start("local", { elsewhere: true, busyMs: 16_000 });
  await busy.says("busy\n");
  const second = world.start("local", { lockWait: 12_000 });
  assert.equal(await endOf(second), "[CHECKPOINT_LOCKED]");
  assert.match(second.output, /waiting up to 12000 ms for the end of the driver with process id \d+ on/);
  assert.ok(!busy.output.includes("no longer busy"));
  assert.equal(await endOf(busy), "0");
  assert.deepEqual(await world.faults(), []);
});

/** As a container of the same host name: a process there sees none outside, and is process 1. */
const container = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
const canContain = spawnSync(container[0] as string, [...container.slice(1), "true"]).status === 0;

test("a driver in another container of the same host name keeps its checkpoint, and is replaced when it has ended", {
  skip: canContain ? false : "this machine lets nobody make a PID namespace",
}, async (t) => {
  const world = await CountingWorld.make(t, { ...options, numRecords: 4_000, maxRatePerPartition: 100 });
  for (const [first, second] of [
    [container, []],
    [[], container],
  ]) {
    const running = world.start("local", {}, first);
    await running.says("began\n");
    const refused = world.start("local", {}, second);
    assert.equal(await endOf(refused), "[CHECKPOINT_LOCKED]");
    running.child.kill("SIGKILL");
    await running.ended;
    const began = performance.now();
    const next = world.start("local", {}, second);
    await next.says("began\n");
    assert.ok(performance.now() - began > 7_000, "nobody there can know at once that it has ended");
    next.child.kill("SIGKILL");
    await next.ended;
  }
  // Namespaces of containers that have ended are not seen again, and the last lock is one of those.
  assert.equal(await world.run("local"), 0);
  assert.deepEqual(await world.faults(), []);
});

test("a new driver that waits for the lock takes over as soon as the old one has ended, by itself or by force", async (t) => {
  const world = await CountingWorld.make(t, { ...options, maxRatePerPartition: 100 });
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const old = world.start("local");
    await old.says("began\n");
    const next = world.start("local", { lockWait: 60_000 });
    await next.says("waiting up to 60000 ms for the end of the driver with process id ");
    assert.ok(!next.output.includes("began"));
    old.child.kill(signal);
    await next.says("began\n");
    assert.equal(next.output.match(/waiting up to/g)?.length, 1);
    next.child.kill("SIGKILL");
    await Promise.all([old.ended, next.ended]);
  }
  const waiting = world.start("local", { lockWait: 60_000 });
  assert.equal(await endOf(waiting), "0");
  assert.deepEqual(await world.faults(), []);
});
