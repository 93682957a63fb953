import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import { existingCheckpoint } from "../../src/driver/checkpoint/inspect-checkpoint.ts";
import { checkpointSizes } from "../../src/driver/query/checkpoint-queries.ts";
import { type FileSystem, nodeFileSystem } from "../../src/runtime/files/file-system.ts";
import { runtimeKey } from "../../src/runtime/job-runtime.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { type Fault, FaultyFileSystem } from "../support/faulty-file-system.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// What a job leaves in its checkpoint folder while it runs.

type Store = "memory" | "disk";

async function counting(checkpointDir: string, stateStore: Store, numBatches: number) {
  const clock = new ManualClock();
  const ssc = new StreamingContext({
    appName: "counting",
    batchInterval: 1_000,
    master: "local",
    clock,
    stateStore,
    checkpointDir,
  });
  const totals: unknown[] = [];
  ssc
    .queueStream(Array.from({ length: numBatches }, (_, i) => ["a", `b${i % 10}`]))
    .map((word) => [word, 1] as const)
    .updateStateByKey((ones, total = 0) => (total > 1 && ones.length === 0 ? undefined : total + ones.length), {
      partitioner: 2,
      name: "totals",
    })
    .foreachRDD(async (rdd) => {
      totals.push(new Map(await rdd.collect()).get("a"));
    });
  await ssc.start();
  await clock.advance(numBatches * 1_000);
  await ssc.stop();
  return { totals, state: ssc.progress.state };
}

for (const [stateStore, numBatches, left] of [
  ["memory", 130, 11],
  ["disk", 40, 2],
] as const) {
  test(`${stateStore}: a long job keeps a bounded number of state files: those no later batch needs are removed`, async (t) => {
    const checkpointDir = temporaryDirectory(t);
    const { totals, state } = await counting(checkpointDir, stateStore, numBatches);
    assert.equal(totals.at(-1), numBatches);
    const files = readdirSync(join(checkpointDir, "state"));
    // Two partitions, for each a chain, and what the last batch but one replaced.
    assert.ok(files.length <= 2 * 2 * 21, `${files.length} files`);
    // "b0" to "b9" go once they were seen twice, and come back.
    const { entries = 0, bytes = 0, operator } = state[0] ?? {};
    assert.deepEqual([operator, entries, bytes > 0], ["totals", left, true]);
  });
}

for (const stateStore of ["memory", "disk"] as const) {
  test(`${stateStore}: of a window with an inverse the panes are counted, in the progress and in the checkpoint`, async (t) => {
    const checkpointDir = temporaryDirectory(t);
    const clock = new ManualClock();
    const ssc = new StreamingContext({ appName: "panes", batchInterval: 1_000, clock, checkpointDir, stateStore });
    const add = (a: number, b: number) => a + b;
    ssc
      .queueStream(Array.from({ length: 3 }, () => ["a"]))
      .map((word) => [word, 1] as const)
      .reduceByKeyAndWindow(add, 2_000, 1_000, { inverse: (a, b) => a - b })
      .name("counts")
      .foreachRDD(() => {});
    const seen: unknown[] = [];
    const entries = async () => {
      await clock.advance(1_000);
      seen.push(ssc.progress.state.find(({ operator }) => operator === "counts/panes")?.entries);
    };
    await ssc.start();
    for (let batch = 1; batch <= 3; batch++) await entries();
    const checkpoint = await existingCheckpoint(checkpointDir, nodeFileSystem);
    const sizes = await checkpointSizes(checkpoint, checkpointDir, thisMachine);
    for (let batch = 4; batch <= 5; batch++) await entries();
    await ssc.stop();
    assert.deepEqual(seen, [1, 2, 2, 1, 0]);
    assert.equal(sizes.find(({ operator }) => operator === "counts/panes")?.entries, 2);
  });
}

for (const how of ["stop()", "SIGTERM"]) {
  test(`${how} while state in memory is being written for stateStore "disk" ends the job at once, and the next start goes on`, async (t) => {
    const directories = { checkpointDir: temporaryDirectory(t), input: temporaryDirectory(t) };
    const clock = new ManualClock();
    const totalsIn = async (
      stateStore: Store,
      numBatches: number,
      filesOf = (_ssc: () => StreamingContext): FileSystem => nodeFileSystem,
    ) => {
      const { checkpointDir, input } = directories;
      const options = { appName: "moving", batchInterval: 1_000, clock, stateStore, checkpointDir };
      const ssc: StreamingContext = new StreamingContext({ ...options, [runtimeKey]: { files: filesOf(() => ssc) } });
      const totals: unknown[] = [];
      ssc
        .textFileStream(input)
        .map((word) => [word, 1] as const)
        .updateStateByKey((_ones, total = 0) => total + 1, { initialState: [["a", 0]] })
        .foreachRDD(async (rdd) => void totals.push(new Map(await rdd.collect()).get("a")));
      await ssc.start();
      await clock.advance(numBatches * 1_000);
      await ssc.stop();
      await ssc.awaitTermination();
      return totals;
    };
    assert.deepEqual(await totalsIn("memory", 3), [1, 2, 3]);
    const written = new Set<string>();
    const stopped = await totalsIn("disk", 0, (ssc) => {
      const fault: Fault = (operation, _count, path) => {
        if (operation !== "open" || !/\/state\/.*\.new$/.test(path)) return undefined;
        if (written.size === 0 && how === "stop()") void ssc().stop();
        else if (written.size === 0) process.emit("SIGTERM");
        written.add(path);
        return undefined;
      };
      return new FaultyFileSystem(fault);
    });
    assert.deepEqual([stopped, written.size], [[], 1]);
    const left = readdirSync(join(directories.checkpointDir, "state"));
    assert.deepEqual(
      left.filter((name) => name.endsWith(".new")),
      [],
    );
    assert.deepEqual(await totalsIn("disk", 1), [4]);
  });
}

test("the panes of windows are on disk in a job without a checkpoint, too", async () => {
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "windows", batchInterval: 1_000, clock, stateStore: "disk" });
  const windows: string[][] = [];
  ssc
    .queueStream([["a"], ["b"], ["c"], ["d"]])
    .window(2_000)
    .foreachRDD(async (rdd) => void windows.push(await rdd.collect()));
  await ssc.start();
  await clock.advance(4_000);
  await ssc.stop();
  assert.deepEqual(windows, [["a"], ["a", "b"], ["b", "c"], ["c", "d"]]);
});

test("a kind of store that there is not is refused", () => {
  const options = { appName: "refused", batchInterval: 1_000, stateStore: "tape" as "disk" };
  assert.throws(() => new StreamingContext(options), { code: "INVALID_OPTION", message: /"memory" or "disk"/ });
});

test("a folder that cannot be made ends the start with its reason", async () => {
  const ssc = new StreamingContext({ appName: "refused", batchInterval: 1_000, checkpointDir: "/dev/null/checkpoint" });
  ssc.queueStream([["a"]]).print();
  await assert.rejects(ssc.start(), { code: "CHECKPOINT_UNAVAILABLE", message: /cannot be made: ENOTDIR/ });
});
