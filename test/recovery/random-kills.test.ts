import assert from "node:assert/strict";
import { test } from "node:test";
import { CountingWorld } from "./counting-world.ts";

// kill -9 at random moments of the first 0.8 s; records enough for 5 s. The seed is printed; DSTREAM_SEED repeats a run's kills as far as the machine's timing allows.

const seed = Number(process.env.DSTREAM_SEED ?? Date.now() % 1_000_000);

function* randomNumbers(start: number): Generator<number> {
  for (let state = start >>> 0; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

for (const master of ["local", "local[2]"]) {
  test(`5 kills in a count of 100,000 records on ${master} lose nothing and count nothing twice (seed ${seed})`, async (t) => {
    const options = { numRecords: 100_000, numKeys: 1_000, maxRatePerPartition: 10_000, batchInterval: 50 };
    const world = await CountingWorld.make(t, options);
    const random = randomNumbers(seed);
    for (let kill = 1; kill <= 5; kill++) {
      const killAfterMs = 800 * (random.next().value as number);
      assert.equal(await world.run(master, { killAfterMs }), "SIGKILL", `kill ${kill}`);
    }
    assert.equal(await world.run(master), 0);
    assert.deepEqual(await world.faults(), []);
  });
}
