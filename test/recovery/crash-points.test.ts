import assert from "node:assert/strict";
import { test } from "node:test";
import { type CrashPoint, crashPoints } from "../../src/runtime/crash-points.ts";
import { crashKinds } from "./counting-spec.ts";
import { CountingWorld } from "./counting-world.ts";

// A job crashes at a step of the commit protocol, in its fifth batch or so; its successor at the very same step, the first time
// it comes by; the third one counts to the end. Nothing may be lost and nothing counted twice; output may be sent again.

/** Steps of a transaction, which this job does not have. */
const transactional: readonly CrashPoint[] = ["before-end-txn", "after-end-txn"];
const options = { numRecords: 800, numKeys: 40, maxRatePerPartition: 500, batchInterval: 50 };
const ends = { kill: "SIGKILL", throw: 1, hang: "hung" } as const;

/** Threads take their time to start, and how a process ends does not depend on them. */
const kindsOn = { local: crashKinds, "local[2]": ["kill"] } as const;

for (const [master, kinds] of Object.entries(kindsOn)) {
  for (const point of crashPoints.filter((candidate) => !transactional.includes(candidate))) {
    for (const kind of kinds) {
      test(`${kind} ${point} on ${master}`, async (t) => {
        const world = await CountingWorld.make(t, options);
        for (const passing of [point === "in-cleanup" ? 2 : 5, 1]) {
          assert.equal(await world.run(master, { crash: { point, kind, passing } }), ends[kind]);
        }
        assert.equal(await world.run(master), 0);
        assert.deepEqual(await world.faults(), []);
      });
    }
  }
}
