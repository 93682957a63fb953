import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { DStreamError } from "dstream";
import { type CrashPoint, crashPoints } from "../../src/runtime/crash-points.ts";
import { runtimeKey } from "../../src/runtime/job-runtime.ts";
import { crashOnce, latePass } from "../support/exactly-once/crash-once.ts";
import { World } from "../support/exactly-once/world.ts";
import { type Fault, FaultyFileSystem, systemError } from "../support/faulty-file-system.ts";
import { fromSources } from "../support/from-sources.ts";
import { startProcess } from "../support/processes.ts";

// A job that crashed crashes again while it recovers: at each pair of steps of the commit protocol, and at each of the writes of a start.

const program = fileURLToPath(new URL("./programs/signal-at.ts", import.meta.url));
const numRecords = 140;
const slowly = { maxRatePerPartition: 10 };

/** Where the job does not just end when there is an error, but ends its transaction first, or goes on. */
const outlived: readonly CrashPoint[] = ["in-produce", "after-produce", "before-end-txn", "after-end-txn"];

/** The driver ends at a step as if it had been killed there: by an error where that does the same, else by SIGKILL. */
async function crash(world: World, point: CrashPoint, pass: number): Promise<void> {
  if (outlived.includes(point)) {
    const args = [fromSources, program, world.brokers, world.checkpointDir, point, `${pass}`];
    assert.deepEqual(await once(startProcess(process.execPath, args), "exit"), [null, "SIGKILL"]);
  } else {
    await crashOnce(
      { point, pass },
      () => Promise.reject(new Error("broken by the test")),
      (options) => assert.rejects(world.run(8, { ...slowly, ...options }), { code: "USER_FUNCTION_FAILED" }),
    );
  }
}

for (const first of crashPoints) {
  test(`a job that crashed at ${first} may crash at any step of its recovery: nothing is lost or doubled`, async (t) => {
    for (const second of crashPoints) {
      await t.test(`then at ${second}`, async (pair) => {
        const world = await World.make(pair, numRecords);
        await crash(world, first, latePass(first));
        await crash(world, second, 1);
        await world.run(8);
        await world.checkOutput();
      });
    }
  });
}

for (const first of ["after-manifest", "after-end-txn"] as const) {
  test(`a start behind a crash at ${first} that fails at any of its file operations can be made again`, async (t) => {
    const world = await World.make(t, numRecords);
    for (let failing = 1, operations = failing; operations >= failing; failing++) {
      await crash(world, first, 1);
      operations = await startThatFailsAt(world, failing);
      await world.send(10);
    }
    await world.run(8);
    await world.checkOutput();
  });
}

/** Returns how many operations the start has come to; those of the end that follows do not count. */
async function startThatFailsAt(world: World, failing: number): Promise<number> {
  let [operations, hasStarted] = [0, false];
  const fault: Fault = (operation) => {
    if (operation === "read" || hasStarted) return undefined;
    return ++operations === failing ? systemError("EIO") : undefined;
  };
  const started = world.run(0, { [runtimeKey]: { files: new FaultyFileSystem(fault) } }, async () => {
    hasStarted = true;
  });
  if (await started.then(() => true, isUnavailable)) assert.ok(operations < failing);
  return operations;
}

function isUnavailable(error: DStreamError): false {
  assert.equal(error.code, "CHECKPOINT_UNAVAILABLE");
  return false;
}
