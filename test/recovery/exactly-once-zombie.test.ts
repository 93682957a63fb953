import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { CrashPoint } from "../../src/runtime/crash-points.ts";
import { World } from "../support/exactly-once/world.ts";
import { fromSources } from "../support/from-sources.ts";
import { startProcess } from "../support/processes.ts";

// A driver that was stopped in the middle of a batch, and took so long that somebody gave it up and started another: when it is
// continued it must not write anything, and end.

const program = fileURLToPath(new URL("./programs/signal-at.ts", import.meta.url));

/** What tells the zombie that it is one: a file that is not its own, or the broker. */
const steps: Partial<Record<CrashPoint, "CHECKPOINT_LOCKED" | "PRODUCER_FENCED">> = {
  "after-offset-log": "CHECKPOINT_LOCKED",
  "in-last-level": "CHECKPOINT_LOCKED",
  "after-manifest": "PRODUCER_FENCED",
  "in-produce": "PRODUCER_FENCED",
  "after-produce": "PRODUCER_FENCED",
  "before-end-txn": "PRODUCER_FENCED",
  "after-end-txn": "CHECKPOINT_LOCKED",
};

for (const [point, code] of Object.entries(steps)) {
  test(`a driver that sleeps at ${point} while another takes over ends with ${code} and writes nothing more`, async (t) => {
    const world = await World.make(t, 100);
    const args = [fromSources, program, world.brokers, world.checkpointDir, point, "3", "SIGSTOP"];
    const zombie = startProcess(process.execPath, args);
    t.after(() => zombie.kill("SIGKILL"));
    const stderr = text(zombie.stderr as Readable);
    const exit = once(zombie, "exit");
    await once(zombie.stdout as Readable, "data");
    // A process that stands still holds its lock like one that runs: it is for people to decide that it is gone.
    rmSync(join(world.checkpointDir, "lock"));
    await world.run(6);
    zombie.kill("SIGCONT");
    assert.deepEqual(await exit, [1, null]);
    assert.match(await stderr, new RegExp(`\\[${code}\\]`));
    await world.checkOutput();
    await world.send(20);
    await world.run(1);
    await world.checkOutput();
  });
}
