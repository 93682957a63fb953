import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { StreamingContext, seconds } from "dstream";
import { ManualClock } from "dstream/testing";
import { Lock } from "../../src/driver/checkpoint/lock.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { thisProcess } from "../../src/runtime/process/this-process.ts";
import { RecordedLog } from "../support/recorded-log.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

function context(checkpointDir: string, lockWait?: number, logger = new RecordedLog()): StreamingContext {
  const clock = new ManualClock();
  const waits = lockWait === undefined ? {} : { lockWait };
  const ssc = new StreamingContext({ appName: "waits", batchInterval: 1_000, clock, checkpointDir, logger, ...waits });
  ssc.queueStream([["a"]]).foreachRDD(() => {});
  return ssc;
}

test("a start waits for another driver's end, says for whom, and goes on as soon as that has come", async (t) => {
  const directory = temporaryDirectory(t);
  const other = await Lock.take(directory, thisMachine);
  const said = new RecordedLog();
  const waits = said.next("CHECKPOINT_AWAITED");
  const ssc = context(directory, seconds(60), said);
  const started = ssc.start();
  assert.equal(
    (await waits).message,
    `the checkpoint in ${directory} is locked; waiting up to 60000 ms for the end of the driver with process id ${process.pid} on ${(await import("node:os")).hostname()}`,
  );
  await other.release();
  await started;
  await ssc.stop();
});

test("stop() while a start waits ends both at once, and leaves the lock with its holder", async (t) => {
  const directory = temporaryDirectory(t);
  const other = await Lock.take(directory, thisMachine);
  const said = new RecordedLog();
  const waits = said.next("CHECKPOINT_AWAITED");
  const ssc = context(directory, seconds(60), said);
  const started = ssc.start();
  await waits;
  await ssc.stop();
  await started;
  await ssc.awaitTermination();
  await other.check();
  await other.release();
  assert.deepEqual(readdirSync(directory), ["state"]);
});

test("a start that has waited in vain is refused, one that does not wait at once; the command line comes first", async (t) => {
  const directory = temporaryDirectory(t);
  const other = await Lock.take(directory, thisMachine);
  const holder = `the driver with process id ${process.pid} on .*`;
  await assert.rejects(context(directory, 10).start(), {
    code: "CHECKPOINT_LOCKED",
    message: new RegExp(`${holder} still holds it after 10 ms \\(lockWait\\)$`),
  });
  await assert.rejects(context(directory).start(), {
    code: "CHECKPOINT_LOCKED",
    message: new RegExp(`${holder} holds it$`),
  });
  thisProcess.runOptions = { lockWait: 20 };
  t.after(() => {
    thisProcess.runOptions = {};
  });
  await assert.rejects(context(directory, seconds(60)).start(), { message: /still holds it after 20 ms/ });
  await other.release();
});

test("lockWait is a number of milliseconds", () => {
  for (const lockWait of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "5m" as unknown as number]) {
    assert.throws(() => context("never-made", lockWait), {
      code: "INVALID_OPTION",
      message: /lockWait must be an integer/,
    });
  }
});
