import assert from "node:assert/strict";
import { test } from "node:test";
import { DStreamError, RetryableError, StreamingContext } from "dstream";
import { ManualClock, runBatches } from "dstream/testing";
import { inOutputs, inTasks } from "./jobs/writes-after-a-while.ts";

for (const master of ["local", "local[2]"]) {
  test(`${master}: a batch whose function throws a RetryableError is run again`, async () => {
    assert.deepEqual(await runBatches(inTasks, [[[0], [1, 1], [0]]], { master }), [[0], [1, 1], [0]]);
    assert.deepEqual(await runBatches(inOutputs, [[[1], [0]]], { master }), [[1], [0]]);
  });

  test(`${master}: after three more attempts the job ends, with the operator's line and the cause`, async () => {
    await assert.rejects(runBatches(inOutputs, [[[9]]], { master }), (error: DStreamError) => {
      assert.deepEqual([error.code, error.retryable], ["USER_FUNCTION_FAILED", true]);
      assert.match(
        error.message,
        /foreachPartition \(.*writes-after-a-while\.ts:\d+:\d+\) threw RetryableError at .*writes-after-a-while\.ts:\d+:\d+/,
      );
      const cause = error.cause as Error;
      assert.deepEqual([cause.message, (cause.cause as Error).message], ["the store is away", "connect ECONNREFUSED"]);
      return true;
    });
  });
}

test("a RetryableError of foreachRDD counts, and maxBatchRetries bounds how often", async () => {
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "test", batchInterval: 1_000, clock, maxBatchRetries: 1 });
  let calls = 0;
  ssc.queueStream([[1]]).foreachRDD(() => {
    calls++;
    throw new RetryableError("not now");
  });
  const ended = ssc.awaitTermination();
  await ssc.start();
  await Promise.all([
    assert.rejects(ended, { code: "USER_FUNCTION_FAILED", retryable: true }),
    clock.advance(1_000).catch(() => {}),
  ]);
  assert.equal(calls, 2);
});

test("a RetryableError is known by its nature, whichever copy of the package made it", () => {
  const error = new RetryableError("away");
  assert.equal(error.name, "RetryableError");
  assert.match(error.stack ?? "", /^RetryableError: away\n {4}at .*retryable-errors\.test\.ts/);
  assert.ok(Object.assign(new Error("x"), { [Symbol.for("dstream.retryable")]: true }) instanceof RetryableError);
  assert.equal(new Error("x") instanceof RetryableError, false);
  assert.equal(error instanceof DStreamError, false);
});
