import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type DStreamError, StreamingContext, type StreamingContextOptions } from "dstream";
import { ManualClock, runBatches, testJob } from "dstream/testing";
import { type JobRuntime, runtimeKey } from "../../src/runtime/job-runtime.ts";
import { thisProcess } from "../../src/runtime/process/this-process.ts";
import { TimedSource } from "../../src/testing/lives/timed-source.ts";
import { MemoryFileSystem } from "../support/memory-file-system.ts";
import { Machine, type PlainProcess } from "../support/plain-process.ts";

// A process has one active context. Inside, a job is given its process, so that several drivers live in this one.

export const startsAnother = testJob<[number], string>(import.meta.url, "starts another", (_ssc, numbers) =>
  numbers.mapPartitions(async () => {
    const other = new StreamingContext({ appName: "other", batchInterval: 1_000, clock: new ManualClock() });
    other.queueStream([[1]]).foreachRDD(() => {});
    const refusal = await other.start().then(
      () => "started",
      ({ code }: DStreamError) => code,
    );
    return [refusal, String(StreamingContext.getActive() === undefined)];
  }),
);

test("a context that a task starts is refused, in a worker as in the driver", async () => {
  for (const master of ["local", "local[1]"]) {
    const batches = await runBatches(startsAnother, [[[1]]], { master, numInputPartitions: 1 });
    assert.deepEqual(batches, [["CONTEXT_ALREADY_ACTIVE", String(master !== "local")]]);
  }
});

/** A driver, with the sums of its batches. */
class Driver {
  readonly clock = new ManualClock();
  readonly sums: number[] = [];
  readonly ssc: StreamingContext;

  constructor(process: PlainProcess, files: MemoryFileSystem, options: Partial<StreamingContextOptions> = {}) {
    const runtime: Partial<JobRuntime> = { process, files };
    const own = { appName: "sums", batchInterval: 1_000, checkpointDir: "/checkpoint", clock: this.clock, ...options };
    this.ssc = new StreamingContext({ ...own, [runtimeKey]: runtime });
    const entries = [[1], [2], [3]];
    const input = { entries, startTime: 0, batchInterval: 1_000, numPartitions: 1 };
    this.ssc
      .stream(this.ssc.job.addSource("numbers", { kind: "rows" }, (nodeId) => new TimedSource(nodeId, input)))
      .map((n: number) => ["sum", n] as const)
      .updateStateByKey<number>((values, sum = 0) => values.reduce((a, b) => a + b, sum))
      .foreachRDD(async (rdd) => void this.sums.push(...(await rdd.collect()).map(([, sum]) => sum)));
  }
}

function stopping(t: TestContext, ...drivers: Driver[]): void {
  t.after(() => Promise.all(drivers.map(({ ssc }) => ssc.stop())));
}

test("two drivers in processes of their own run side by side, and neither is this process's active context", async (t) => {
  const machine = new Machine();
  const [first, second] = [
    new Driver(machine.start(), new MemoryFileSystem()),
    new Driver(machine.start(), new MemoryFileSystem()),
  ];
  stopping(t, first, second);
  await first.ssc.start();
  await second.ssc.start();
  assert.deepEqual([first.ssc.state, second.ssc.state], ["ACTIVE", "ACTIVE"]);
  assert.equal(StreamingContext.getActive(), undefined);
  await first.clock.advance(1_000);
  await second.clock.advance(3_000);
  await first.clock.advance(1_000);
  assert.deepEqual(
    [first.sums, second.sums],
    [
      [1, 3],
      [1, 3, 6],
    ],
  );
});

test("a process that is an object has one active context, too", async (t) => {
  const process = new Machine().start();
  const first = new Driver(process, new MemoryFileSystem());
  stopping(t, first);
  await first.ssc.start();
  await assert.rejects(new Driver(process, new MemoryFileSystem()).ssc.start(), { code: "CONTEXT_ALREADY_ACTIVE" });
});

test("a checkpoint is locked by the process that has it, and free for others when that one is gone", async (t) => {
  const machine = new Machine();
  const files = new MemoryFileSystem();
  const [one, other] = [machine.start(), machine.start()];
  const first = new Driver(one, files);
  await first.ssc.start();
  await first.clock.advance(1_000);
  await assert.rejects(new Driver(other, files).ssc.start(), {
    code: "CHECKPOINT_LOCKED",
    message:
      "[CHECKPOINT_LOCKED] the checkpoint in /checkpoint is locked: the driver with process id 1 on machine holds it",
  });
  one.die();
  const second = new Driver(machine.start(), files);
  stopping(t, first, second);
  await second.ssc.start();
  const ended = assert.rejects(first.ssc.awaitTermination(), {
    code: "CHECKPOINT_LOCKED",
    message: /the driver with process id 3 on machine has taken over$/,
  });
  await first.clock.advance(1_000);
  await ended;
});

test("run options, environment and signals are those of the job's own process", async (t) => {
  const machine = new Machine();
  const [counted, interrupted] = [machine.start({ batches: 2 }), machine.start({}, { DSTREAM_MASTER: "nowhere" })];
  const first = new Driver(counted, new MemoryFileSystem());
  const second = new Driver(interrupted, new MemoryFileSystem());
  const third = new Driver(machine.start(), new MemoryFileSystem());
  stopping(t, first, second, third);
  const [firstEnded, listeners] = [first.ssc.awaitTermination(), process.listenerCount("SIGTERM")];
  await first.ssc.start();
  await first.clock.advance(3_000);
  await firstEnded;
  assert.deepEqual(first.sums, [1, 3]);
  await assert.rejects(second.ssc.start(), { code: "INVALID_OPTION", message: /not "nowhere"$/ });
  await third.ssc.start();
  assert.equal(process.listenerCount("SIGTERM"), listeners);
  assert.deepEqual(thisProcess.runOptions, {});
});

test("an interrupt of a process ends its job alone, and a job that nobody awaits fails by its own process's exit code", async (t) => {
  const machine = new Machine();
  const [one, other] = [machine.start(), machine.start()];
  const first = new Driver(one, new MemoryFileSystem());
  const second = new Driver(other, new MemoryFileSystem());
  stopping(t, first, second);
  const ended = first.ssc.awaitTermination();
  await first.ssc.start();
  second.ssc.queueStream([[1]]).foreachRDD(() => {
    throw new Error("broken by the test");
  });
  await second.ssc.start();
  one.interrupt();
  await ended;
  assert.equal(second.ssc.state, "ACTIVE");
  const failed = Promise.withResolvers<void>();
  const { failed: fail } = other;
  other.failed = () => {
    fail();
    failed.resolve();
  };
  await second.clock.advance(1_000);
  await failed.promise;
  const codes = ({ lines }: PlainProcess): unknown[] => lines.map((line) => /\[\w+\]/.exec(line)?.[0]);
  assert.deepEqual(codes(one), ["[JOB_STARTED]", "[JOB_ENDED]"]);
  assert.deepEqual(codes(other), ["[QUEUE_NOT_RESUMABLE]", "[JOB_STARTED]", "[JOB_ENDED]"]);
  assert.match(
    one.lines.at(-1) as string,
    / INFO {2}\[JOB_ENDED\] the job sums has ended: it was interrupted by a signal$/,
  );
  assert.match(
    other.lines.at(-1) as string,
    / ERROR \[JOB_ENDED\] the job sums has ended: it failed with \[USER_FUNCTION_FAILED\] .*broken by the test/,
  );
  assert.deepEqual([one.hasFailed, other.hasFailed], [false, true]);
});
