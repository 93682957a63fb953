import assert from "node:assert/strict";
import { test } from "node:test";
import { CountingWorld } from "./counting-world.ts";

// kill -9 at random moments. The seed is printed; DSTREAM_SEED repeats a run's kills as far as the machine's timing allows.

const seed = Number(process.env.DSTREAM_SEED ?? Date.now() % 1_000_000);

function* randomNumbers(start: number): Generator<number> {
  for (let state = start >>> 0; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

for (const master of ["local", "local[2]"]) {
  test(`5 kills in a count of 100,000 records on ${master} lose nothing and count nothing twice (seed ${seed})`, async (t) => {
    const options = { numRecords: 100_000, numKeys: 1_000, maxRatePerPartition: 5_000, batchInterval: 50 };
    const world = await CountingWorld.make(t, options);
    const random = randomNumbers(seed);
    let kills = 0;
    for (let runs = 0; kills < 5 && runs < 50; runs++) {
      const killAfterMs = 300 + 1_500 * (random.next().value as number);
      if ((await world.run(master, { killAfterMs })) === "SIGKILL") kills++;
      else break;
    }
    t.diagnostic(`${kills} kills`);
    await world.run(master);
    assert.deepEqual(await world.faults(), []);
    assert.ok(kills >= 3, `only ${kills} kills came before the end`);
  });
}
