import assert from "node:assert/strict";
import { test } from "node:test";
import { CountingWorld } from "./counting-world.ts";

test("a job that was killed goes on on another kind of cluster, and back again", async (t) => {
  const world = await CountingWorld.make(t, {
    numRecords: 1_200,
    numKeys: 40,
    maxRatePerPartition: 500,
    batchInterval: 50,
  });
  const crash = { point: "after-manifest", kind: "kill", passing: 4 } as const;
  for (const master of ["local", "local[3]", "local", "local[2]"]) {
    assert.equal(await world.run(master, { crash }), "SIGKILL");
  }
  assert.equal(await world.run("local"), 0);
  assert.deepEqual(await world.faults(), []);
});
