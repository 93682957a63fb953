import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { DStreamError, StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import { canonicalText } from "../../src/testing/canonical-text.ts";
import { FaultyFileSystem } from "../support/faulty-file-system.ts";
import {
  assertStates,
  expectedStates,
  numKeys,
  operators,
  type QueriedBatch,
  type QueriedOptions,
  randomBatches,
  startQueried,
  stateOf,
  statesOf,
  textsOf,
  withKey,
} from "../support/queried-job.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// The rule: a query sees the last committed batch, whole.

const clusters = [
  { master: "local", stateStore: "memory" },
  { master: "local", stateStore: "disk" },
  { master: "local[2]", stateStore: "memory" },
  { master: "local[2]", stateStore: "disk" },
] as const;

type Options = Omit<QueriedOptions, "checkpointDir"> & Partial<Pick<QueriedOptions, "checkpointDir">>;

async function start(t: TestContext, options: Options) {
  const job = await startQueried({ checkpointDir: temporaryDirectory(t), ...options });
  t.after(() => job.ssc.stop());
  return job;
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
      ...{ ...cluster, master: "local", checkpointDir, batches, committed: 4 },
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

  // What is on disk the driver reads itself, wherever tasks run.
  if (name === "local[2], disk") continue;
  test(`${name}: whatever is asked, and whenever, the answer is that of a committed batch`, async (t) => {
    const random = seededRandom(7);
    const batches = randomBatches(random, 20);
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

for (const stateStore of ["memory", "disk"] as const) {
  test(`${stateStore}: entries are those of one batch, however many are committed and however many files removed while they are taken`, async (t) => {
    const checkpointDir = temporaryDirectory(t);
    const batches = randomBatches(seededRandom(3), 40);
    const { ssc, next } = await start(t, { master: "local", stateStore, checkpointDir, batches });
    for (let batch = 1; batch <= 20; batch++) await next();
    // The operator has three partitions, and each is read when it is come to.
    const entries = ssc.queryState("by own").entries()[Symbol.asyncIterator]();
    const taken = [(await entries.next()).value];
    const files = readdirSync(join(checkpointDir, "state"));
    for (let batch = 21; batch <= 39; batch++) await next();
    for (let entry = await entries.next(); entry.done !== true; entry = await entries.next()) taken.push(entry.value);
    assert.deepEqual(textsOf(taken), expectedStates(batches.slice(0, 20))["by own"]);
    await next();
    const left = new Set(readdirSync(join(checkpointDir, "state")));
    assert.ok(files.filter((name) => !left.has(name)).length > files.length / 2);
    await ssc.stop();
  });
}

for (const master of ["local", "local[2]"]) {
  test(`${master}: a key that a worker has in memory is looked up there, and no file is read for it`, async (t) => {
    let numRead = 0;
    const files = new FaultyFileSystem((operation, _count, path) => {
      if (operation === "open" && /\/state\/[^/]*\.(snapshot|delta)$/.test(path)) numRead++;
      return undefined;
    });
    const batches = randomBatches(seededRandom(5), 3);
    const { ssc, next } = await start(t, { master, stateStore: "memory", batches, files });
    for (let batch = 1; batch <= 3; batch++) {
      await next();
      const expected = expectedStates(batches.slice(0, batch));
      for (const operator of operators) {
        for (let n = 0; n < numKeys; n++) assert.equal(await stateOf(ssc, operator, n), withKey(expected[operator], n));
      }
    }
    assert.equal(numRead, 0);
    assert.deepEqual(await statesOf(ssc, "totals"), expectedStates(batches).totals);
    assert.ok(numRead > 0);
    await ssc.stop();
  });
}

test("a window with an inverse has the last result of each key; what has no state for a key is refused, with what there is", async (t) => {
  const batches: QueriedBatch[] = [
    [[0, 1]],
    [
      [0, 2],
      [1, 5],
    ],
    [],
  ];
  const { ssc, next } = await start(t, { master: "local", stateStore: "memory", batches });
  const seen: unknown[] = [];
  for (const _batch of batches) {
    await next();
    seen.push((await statesOf(ssc, "window")).join(" "));
  }
  assert.deepEqual(seen, ["[ 'key 0', 1 ]", "[ 'key 0', 3 ] [ 1, 5 ]", "[ 'key 0', 2 ] [ 1, 5 ]"]);
  for (const name of ["window/panes", "total", "queue"]) {
    const message = new RegExp(
      `no operator named "${name}" has state that can be asked for: there is "by own", "mapped", "window", "totals"`,
    );
    assert.throws(() => ssc.queryState(name), { code: "STATE_OPERATOR_MISSING", message });
  }
  assert.throws(() => ssc.queryState("total"), { message: /did you mean "totals"\?/ });
  await ssc.stop();
});

test("questions come when a job runs, and are of keys, limits and options that there are", async (t) => {
  const ssc = new StreamingContext({
    appName: "early",
    batchInterval: 1_000,
    checkpointDir: temporaryDirectory(t),
    clock: new ManualClock(),
  });
  assert.throws(() => ssc.queryState("totals"), { code: "STATE_OPERATOR_MISSING", message: /there is none$/ });
  assert.throws(() => ssc.queryState(""), { code: "INVALID_OPTION" });
  ssc
    .queueStream([["a"]])
    .map((word) => [word, 1] as const)
    .updateStateByKey<number>((ones) => ones.length, { name: "totals" })
    .print();
  const totals = ssc.queryState("totals");
  const early = { code: "ILLEGAL_STATE", message: /has not begun: await start\(\)/ };
  await assert.rejects(totals.get("a"), early);
  await assert.rejects(statesOf(ssc, "totals"), early);
  await ssc.start();
  assert.equal(await totals.get("a"), undefined);
  assert.deepEqual(await statesOf(ssc, "totals"), []);
  for (const key of [undefined, new Map(), "\ud800", () => 1]) {
    await assert.rejects(totals.get(key), { code: "KEY_NOT_CANONICAL" });
  }
  for (const limit of [0, -1, 1.5, Number.NaN, "3" as never]) {
    assert.throws(() => totals.entries({ limit }), {
      code: "INVALID_OPTION",
      message: /entries's limit must be an integer/,
    });
  }
  assert.throws(() => totals.entries({ limt: 1 } as never), {
    code: "UNKNOWN_OPTION",
    message: /did you mean "limit"/,
  });
  await ssc.stop();
  await assert.rejects(totals.get("a"), { code: "ILLEGAL_STATE", message: /has ended/ });
});
