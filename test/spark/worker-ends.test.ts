import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { workerError } from "../../src/cluster/spark/connect/errors/worker-error.ts";
import { makeMemoryGroup } from "../support/limited-memory.ts";
import { processGone } from "../support/process-gone.ts";
import { describe, EchoDaemon, rows, type TaskDescription, type WorkerPeer } from "../support/spark-peer.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// What becomes of workers that end, of their own accord or not, and what Spark can know of it. The real daemon, without a Spark.

const someRows = rows([{ name: "id", type: "int64" }], [[1]]);
const crashFile = (folder: string, { pid }: WorkerPeer): string => join(folder, String(pid));

/** Gives the worker a task and resolves when Spark would see that its connection has ended. */
async function taskUntilEnd(worker: WorkerPeer, command: TaskDescription["command"]): Promise<void> {
  const ended = once(worker.socket, "end");
  worker.socket.write(describe({ command }));
  await ended;
}

function crashOf(folder: string, worker: WorkerPeer): ReturnType<typeof workerError> {
  return workerError(`Python worker exited unexpectedly (crashed): ${readFileSync(crashFile(folder, worker), "utf8")}`);
}

test("of a worker that fills its heap Spark is told so, with limit and setting, before its connection ends", async (t) => {
  const folder = temporaryDirectory(t);
  const env = { PYTHON_FAULTHANDLER_DIR: folder, PYSPARK_EXECUTOR_MEMORY_MB: "64" };
  await using daemon = await EchoDaemon.start({ env });
  const worker = await daemon.worker();
  await taskUntilEnd(worker, "fillHeap");
  const error = crashOf(folder, worker);
  assert.equal(error?.code, "SPARK_MEMORY_EXCEEDED");
  assert.match(error.message, /reached the limit of its heap \(64 MB, .*raise spark\.executor\.pyspark\.memory/);
  assert.deepEqual([error.data.setting, error.data.limitMb], ["spark.executor.pyspark.memory", 64]);
  await daemon.printed("Reached heap limit");
  assert.equal((await (await daemon.worker()).run({ command: "silence" })).error, undefined);
});

test("a limit that is too small for a worker to start fails its tasks, with limit and setting", async () => {
  await using daemon = await EchoDaemon.start({ env: { PYSPARK_EXECUTOR_MEMORY_MB: "1" } });
  for (let i = 0; i < 2; i++) {
    const { error } = await (await daemon.worker()).run({ command: "silence" });
    assert.equal(workerError(error ?? "")?.code, "SPARK_MEMORY_EXCEEDED");
    assert.match(error ?? "", /the limit of its heap \(1 MB, its part of spark\.executor\.pyspark\.memory\)/);
  }
});

for (const [command, how] of [
  ["exit", "with exit code 3"],
  ["dieOnce", "by SIGKILL"],
] as const) {
  test(`of a worker that ends ${how} Spark is told how`, async (t) => {
    const folder = temporaryDirectory(t);
    await using daemon = await EchoDaemon.start({ env: { PYTHON_FAULTHANDLER_DIR: folder } });
    const worker = await daemon.worker();
    const ended = once(worker.socket, "end");
    // The first attempt kills the process.
    worker.socket.write(Buffer.concat([describe({ command, attemptNumber: 0 }), someRows]));
    await ended;
    const error = crashOf(folder, worker);
    assert.equal(error?.code, "WORKER_DIED");
    assert.ok(error.message.includes(`ended ${how} before its task did`), error.message);
  });
}

test("nothing is left behind by a worker that ends with its connection, or that Spark has killed", async (t) => {
  const folder = temporaryDirectory(t);
  await using daemon = await EchoDaemon.start({ env: { PYTHON_FAULTHANDLER_DIR: folder } });
  const [closed, killed] = [await daemon.worker(), await daemon.worker()];
  closed.socket.end();
  daemon.kill(killed.pid);
  for (const { pid, socket } of [closed, killed]) {
    await processGone(pid);
    if (!socket.closed) await once(socket, "close");
  }
  assert.deepEqual([existsSync(crashFile(folder, closed)), existsSync(crashFile(folder, killed))], [false, false]);
});

test("a worker that the system kills for its container's memory is named, with the container's limit", async (t) => {
  const group = makeMemoryGroup(300);
  if (group === undefined) return t.skip("needs control groups that may be made");
  const folder = temporaryDirectory(t);
  t.after(() => removeGroup(group));
  await using daemon = await EchoDaemon.start({ env: { PYTHON_FAULTHANDLER_DIR: folder }, memoryGroup: group });
  const worker = await daemon.worker();
  await taskUntilEnd(worker, "fillBuffers");
  const error = crashOf(folder, worker);
  assert.equal(error?.code, "SPARK_MEMORY_EXCEEDED");
  assert.match(error.message, /container, which has 300 MB, was used up: raise spark\.executor\.memoryOverhead/);
});

test("word that the session is over ends the daemon and all its workers", async () => {
  await using daemon = await EchoDaemon.start();
  const workers = [await daemon.worker(), await daemon.worker(), await daemon.worker()];
  for (const worker of workers) await worker.run({ command: "silence" });
  const exited = once(daemon.process, "exit");
  const began = performance.now();
  assert.equal((await workers[1]?.run({ command: "over" }))?.error, undefined);
  assert.deepEqual(await exited, [0, null]);
  for (const { pid } of workers) await processGone(pid);
  assert.ok(performance.now() - began < 5_000);
});

test("a worker that is told to leave when no task comes does so; the daemon stays until Spark has found out", async () => {
  const env = { DSTREAM_WORKER_IDLE_MS: "200", DSTREAM_WORKER_POOL_MS: "2000" };
  await using daemon = await EchoDaemon.start({ env });
  const [first, second] = [await daemon.worker(), await daemon.worker()];
  for (let i = 0; i < 3; i++) {
    await first.run({ command: "hurry" });
    await second.run({ command: "hurry" });
    await delay(150);
  }
  for (const { pid } of [first, second]) await processGone(pid);
  const exited = once(daemon.process, "exit");
  // Longer than it would stay had Spark closed the last worker.
  await delay(600);
  assert.equal(daemon.process.exitCode, null);
  assert.equal((await (await daemon.worker()).run({ command: "hurry" })).error, undefined);
  assert.deepEqual(await exited, [0, null]);
});

/** The system leaves a group for as long as a process in it has not quite ended. */
async function removeGroup(group: string): Promise<void> {
  for (let left = 50; ; left--) {
    try {
      return rmdirSync(group);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EBUSY" || left === 0) throw error;
      await delay(100);
    }
  }
}
