import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { DStreamError, type StreamingContext } from "dstream";
import { canonicalText } from "../../src/testing/canonical-text.ts";
import {
  expectedStates,
  operators,
  type QueriedBatch,
  type QueriedOptions,
  startQueried,
  statesOf,
} from "../support/queried-job.ts";
import { type Random, seededRandom } from "../support/seeded-random.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { keyOf } from "./jobs/queried.ts";

// The rule: a query sees the last committed batch, whole.

const numKeys = 40;
const clusters = [
  { master: "local", stateStore: "memory" },
  { master: "local", stateStore: "disk" },
  { master: "local[2]", stateStore: "memory" },
  { master: "local[2]", stateStore: "disk" },
] as const;

/** Batches of some of the keys, each with a number that makes some totals go. */
function randomBatches(random: Random, count: number): QueriedBatch[] {
  return Array.from({ length: count }, () => {
    const numbers = Array.from({ length: numKeys }, (_, n) => n).filter(() => random(3) === 0);
    return numbers.map((n) => [n, 1 + random(6)] as const);
  });
}

type Options = Omit<QueriedOptions, "checkpointDir"> & Partial<Pick<QueriedOptions, "checkpointDir">>;

async function start(t: TestContext, options: Options) {
  const job = await startQueried({ checkpointDir: temporaryDirectory(t), ...options });
  t.after(() => job.ssc.stop());
  return job;
}

/** The text of a key with its state, as `expectedStates` has it; undefined where it has none. */
async function stateOf(ssc: StreamingContext, operator: string, n: number): Promise<string | undefined> {
  const state = await ssc.queryState(operator).get(keyOf(n));
  return state === undefined ? undefined : canonicalText([keyOf(n), state]);
}

const withKey = (states: readonly string[] | undefined, n: number): string | undefined => {
  const start = canonicalText([keyOf(n)]).slice(0, -" ]".length);
  return states?.find((text) => text.startsWith(`${start},`));
};

/** Everything that can be asked for is as it was after so many of the batches. */
async function assertStates(ssc: StreamingContext, batches: readonly QueriedBatch[], committed: number): Promise<void> {
  const expected = expectedStates(batches.slice(0, committed));
  for (const operator of operators) {
    assert.deepEqual(await statesOf(ssc, operator), expected[operator], `${operator} after ${committed} batches`);
    for (let n = 0; n < numKeys; n += 3) {
      assert.equal(await stateOf(ssc, operator, n), withKey(expected[operator], n));
    }
  }
}

for (const cluster of clusters) {
  const name = `${cluster.master}, ${cluster.stateStore}`;

  test(`${name}: a query sees the last committed batch while the next one is held, is run again, and fails, and after a restart`, async (t) => {
    const checkpointDir = temporaryDirectory(t);
    const batches = randomBatches(seededRandom(1), 5);
    const seen: number[] = [];
    const { ssc, next, ended } = await start(t, {
      ...cluster,
      checkpointDir,
      batches,
      async inBatch(batch) {
        // All tasks of the batch have run here.
        await assertStates(ssc, batches, batch - 1);
        seen.push(batch);
        if (batch === 3 && seen.length === 3)
          throw new DStreamError("USER_FUNCTION_FAILED", "passes", { retryable: true });
        if (batch === 5) throw new Error("does not pass");
      },
    });
    await assertStates(ssc, batches, 0);
    for (let batch = 1; batch <= 4; batch++) {
      await next();
      await assertStates(ssc, batches, batch);
    }
    const query = ssc.queryState("totals");
    await next();
    assert.deepEqual(seen, [1, 2, 3, 3, 4, 5]);
    await assert.rejects(ended, { code: "USER_FUNCTION_FAILED" });
    await assert.rejects(query.get("given"), {
      code: "ILLEGAL_STATE",
      message: /has ended: `dstream checkpoint state/,
    });
    await assert.rejects(statesOf(ssc, "totals"), { code: "ILLEGAL_STATE" });

    const asked: number[] = [];
    const again = await start(t, {
      ...{ ...cluster, checkpointDir, batches, committed: 4 },
      async inBatch(batch, restarted) {
        await assertStates(restarted, batches, batch - 1);
        asked.push(batch);
      },
    });
    // The batch that failed is run again by itself.
    await again.next();
    await assertStates(again.ssc, batches, 5);
    assert.deepEqual(asked, [5, 6]);
    await again.ssc.stop();
  });

  test(`${name}: whatever is asked, and whenever, the answer is that of a committed batch`, async (t) => {
    const random = seededRandom(7);
    const batches = randomBatches(random, 25);
    const states = [...batches.keys(), batches.length].map((count) => expectedStates(batches.slice(0, count)));
    let committed = 0;
    let answers = 0;
    const asked: Promise<void>[] = [];
    /** A batch that is committed while an answer is under way may be the one, and no other. */
    const ask = async (): Promise<void> => {
      const operator = operators[random(operators.length)] as string;
      const n = random(numKeys);
      const [before, isOne] = [committed, random(3) > 0];
      const answer = isOne ? await stateOf(ssc, operator, n) : await statesOf(ssc, operator);
      const possible = states.slice(before, committed + 2).map((all) => {
        return canonicalText(isOne ? withKey(all[operator], n) : all[operator]);
      });
      assert.ok(possible.includes(canonicalText(answer)), `${operator}, asked after ${before} batches`);
      answers++;
    };
    const { ssc, next } = await start(t, {
      ...{ ...cluster, batches },
      async inBatch() {
        for (let i = random(5); i > 0; i--) asked.push(ask());
        if (random(2) === 0) await asked.at(-1);
      },
    });
    for (const _batch of batches) {
      const run = next();
      for (let i = random(4); i > 0; i--) asked.push(ask());
      await run;
      committed++;
      for (let i = random(4); i > 0; i--) asked.push(ask());
      if (random(4) === 0) await Promise.all(asked.splice(0));
    }
    await Promise.all(asked);
    assert.ok(answers > 50, `${answers} answers`);
    await ssc.stop();
  });
}
