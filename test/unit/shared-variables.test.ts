import assert from "node:assert/strict";
import { test } from "node:test";
import { DStreamError, StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";

// What is not the same on every cluster, or needs the driver; the rest is in test/cases/tables/shared-variables.ts.

function context(): { ssc: StreamingContext; clock: ManualClock } {
  const clock = new ManualClock();
  return { ssc: new StreamingContext({ appName: "shared", batchInterval: 1_000, master: "local", clock }), clock };
}

test("what a task adds counts once, although its batch was run again", async () => {
  const { ssc, clock } = context();
  const seen = ssc.accumulator(0);
  const values: number[] = [];
  const rows = ssc.queueStream([[1, 2, 3]]).map((n) => {
    seen.add(n);
    return n;
  });
  rows.foreachPartition((all, { attempt }) => {
    if ([...all].length > 0 && attempt === 0) throw new DStreamError("WORKER_DIED", "the first attempt fails");
  });
  rows.foreachRDD(() => void values.push(seen.value));
  await ssc.start();
  await clock.advance(1_000);
  assert.equal(seen.value, 6);
  assert.deepEqual(values, [6]);
  await ssc.stop();
});

test("what a batch added does not count when its outputs fail, and counts once when they are run again", async () => {
  const { ssc, clock } = context();
  const seen = ssc.accumulator(0);
  const values: number[] = [];
  ssc
    .queueStream([[1, 2]])
    .map((n) => {
      seen.add(n);
      return n;
    })
    .foreachRDD(() => {
      if (values.push(seen.value) === 1) throw new DStreamError("BROKER_UNREACHABLE", "it is away for a while");
    });
  await ssc.start();
  await clock.advance(1_000);
  assert.deepEqual(values, [3, 3]);
  assert.equal(seen.value, 3);
  await ssc.stop();
});

test("the driver adds to accumulators, too", async () => {
  const { ssc } = context();
  const sum = ssc.accumulator(1, { name: "sum" });
  sum.add(2);
  assert.equal(sum.value, 3);
  assert.throws(() => sum.add(Number.NaN), {
    code: "INVALID_OPTION",
    message: /what is added to sum must be a number/,
  });
  assert.throws(() => ssc.accumulator("1" as never), { code: "INVALID_OPTION" });
  assert.throws(() => ssc.accumulator(1, { nam: "x" } as never), { code: "UNKNOWN_OPTION", message: /"name"/ });
});

test("a function of transform may not add to an accumulator", async () => {
  const { ssc, clock } = context();
  const calls = ssc.accumulator(0, { name: "calls" });
  ssc
    .queueStream([[1]])
    .transform((rdd) => {
      calls.add(1);
      return rdd;
    })
    .print();
  const ended = assert.rejects(ssc.awaitTermination(), {
    code: "ILLEGAL_STATE",
    message: /calls cannot be added to in a function of transform/,
  });
  await ssc.start();
  await clock.advance(1_000);
  await ended;
});

test("a broadcast has no value before the start, and the driver's newest after it", async () => {
  const { ssc, clock } = context();
  let calls = 0;
  const names = ssc.broadcast(() => [`call ${++calls}`]);
  const outside = { code: "ILLEGAL_STATE", message: /has its value when the context has been started/ };
  assert.throws(() => names.value, outside);
  assert.throws(() => names.update([]), outside);
  const seen: unknown[] = [];
  ssc
    .queueStream([[1], [2]])
    .map(() => names.value)
    .foreachRDD(async (rdd) => void seen.push(await rdd.first(), names.value));
  await ssc.start();
  assert.deepEqual(names.value, ["call 1"]);
  names.update(["two"]);
  assert.deepEqual(names.value, ["two"]);
  await clock.advance(2_000);
  assert.deepEqual(seen, [["two"], ["two"], ["two"], ["two"]]);
  assert.equal(calls, 1);
  assert.throws(() => names.update([() => 1] as never), { code: "VALUE_NOT_ENCODABLE" });
  assert.throws(() => ssc.broadcast(() => 1), { code: "ILLEGAL_STATE" });
  await ssc.stop();
});

test("tasks have a copy of a broadcast: what the driver does to its own they do not see", async () => {
  const { ssc, clock } = context();
  const list = ssc.broadcast(() => [1]);
  const seen: number[] = [];
  ssc
    .queueStream([[0], [0]])
    .map(() => list.value.length)
    .foreachRDD(async (rdd) => {
      seen.push(await rdd.first());
      list.value.push(2);
    });
  await ssc.start();
  await clock.advance(2_000);
  assert.deepEqual(seen, [1, 1]);
  await ssc.stop();
});

test("a factory that throws, or makes what cannot be sent, keeps the job from starting", async () => {
  const failing = context().ssc;
  failing.broadcast(() => {
    throw new TypeError("no");
  });
  failing.queueStream([[1]]).print();
  await assert.rejects(failing.start(), {
    code: "USER_FUNCTION_FAILED",
    message: /the function of broadcast \(test\/unit\/shared-variables\.test\.ts:\d+:\d+\) threw TypeError/,
  });
  const unsendable = context().ssc;
  unsendable.broadcast(() => ({ f: () => 1 }));
  unsendable.queueStream([[1]]).print();
  await assert.rejects(unsendable.start(), {
    code: "VALUE_NOT_ENCODABLE",
    message: /broadcast \(test\/unit\/shared-variables\.test\.ts:\d+:\d+\)/,
  });
});
