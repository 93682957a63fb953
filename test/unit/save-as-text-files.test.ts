import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { StreamingContext } from "dstream";
import { ManualClock, runBatches, testJob } from "dstream/testing";
import type { CrashPoint } from "../../src/runtime/crash-points.ts";
import { runtimeKey } from "../../src/runtime/job-runtime.ts";
import { processIdentity } from "../../src/runtime/process/process-identity.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// What a program leaves in a folder: the lines of each file in each folder of a batch, and nothing else.

function filesIn(folder: string): Record<string, Record<string, string>> {
  const batches = readdirSync(folder).sort();
  return Object.fromEntries(
    batches.map((batch) => {
      const names = readdirSync(join(folder, batch)).sort();
      return [batch, Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, batch, name), "utf8")]))];
    }),
  );
}

// What the prefix is only the driver knows; in workers the program has another one.
let prefixOfDriver = join(tmpdir(), "dstream-other", "out");
export const saved = testJob<[string], readonly [string, number]>(import.meta.url, "saved", (_ssc, words) => {
  const counts = words.map((word) => [word, 1] as const).reduceByKey((a, b) => a + b, 2);
  counts.saveAsTextFiles(prefixOfDriver, "txt");
  return counts;
});

for (const master of ["local", "local[2]"]) {
  test(`on ${master} each batch is a folder with a file for each partition, also for one without rows`, async (t) => {
    const folder = join(temporaryDirectory(t), "not", "there");
    prefixOfDriver = join(folder, "out");
    await runBatches(saved, [[["a", "b", "a"], [], null, ["a"]]], { master });
    const files = filesIn(folder);
    assert.deepEqual(Object.keys(files), ["out-1000.txt", "out-2000.txt", "out-4000.txt"]);
    const lines = Object.values(files).map((parts) => {
      assert.deepEqual(Object.keys(parts), ["_SUCCESS", "part-00000", "part-00001"]);
      return Object.values(parts).join("").split("\n").filter(Boolean).sort();
    });
    assert.deepEqual(lines, [["(a,2)", "(b,1)"], [], ["(a,1)"]]);
  });
}

/** A job that writes the numbers of a queue, from a checkpoint where one is given; it may die at a step. */
function numbers(prefix: string, clock: ManualClock, checkpointDir?: string, diesAt?: CrashPoint): StreamingContext {
  const checkpoint = checkpointDir === undefined ? {} : { checkpointDir };
  const crashPoint = (point: CrashPoint): void => {
    if (point === diesAt) throw new Error("dies");
  };
  const options = { appName: "numbers", batchInterval: 1_000, clock, ...checkpoint };
  const ssc = new StreamingContext({ ...options, [runtimeKey]: { crashPoint } });
  // Files can be read again by a job that goes on, unlike a queue; the rows are the batch times of those that had a file.
  const files = ssc.textFileStream(join(prefix, "..", "in"), { newFilesOnly: false });
  files.mapPartitions((_rows, { batchTime }) => [batchTime]).saveAsTextFiles(prefix);
  return ssc;
}

/** A file that the first batch behind the clock's time has. */
function input(folder: string, clock: ManualClock): void {
  const path = join(folder, "in", "file");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "");
  utimesSync(path, clock.now() / 1_000 + 0.5, clock.now() / 1_000 + 0.5);
}

test("a folder of an earlier job with the same batch time is replaced, files that the batch does not have included", async (t) => {
  const folder = temporaryDirectory(t);
  const prefix = join(folder, "out");
  mkdirSync(`${prefix}-1000`);
  writeFileSync(join(`${prefix}-1000`, "part-00007"), "old");
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "numbers", batchInterval: 1_000, clock });
  ssc.queueStream([[1, 2]], { numPartitions: 1 }).saveAsTextFiles(prefix);
  await ssc.start();
  await clock.advance(1_000);
  await ssc.stop();
  assert.deepEqual(filesIn(folder), { "out-1000": { _SUCCESS: "", "part-00000": "1\n2\n" } });
});

test("of a batch that fails nothing is to be seen", async (t) => {
  const folder = temporaryDirectory(t);
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "numbers", batchInterval: 1_000, clock });
  const queue = ssc.queueStream([[1]], { numPartitions: 1 });
  queue.saveAsTextFiles(join(folder, "out"));
  queue.foreachRDD(() => {
    throw new Error("no");
  });
  await ssc.start();
  const ended = assert.rejects(ssc.awaitTermination(), { code: "USER_FUNCTION_FAILED" });
  await clock.advance(1_000);
  await ended;
  assert.deepEqual(
    readdirSync(folder).filter((name) => !name.startsWith(".")),
    [],
  );
});

for (const point of ["after-manifest", "after-commit-log"] as const) {
  test(`a job that dies ${point} shows the batch's files once it goes on, once`, async (t) => {
    const folder = temporaryDirectory(t);
    const prefix = join(folder, "out");
    const checkpoint = join(folder, "checkpoint");
    const start = new ManualClock();
    input(folder, start);
    const first = numbers(prefix, start, checkpoint, point);
    await first.start();
    const ended = assert.rejects(first.awaitTermination(), /dies/);
    await start.advance(1_000);
    await ended;
    const time = start.now();
    assert.equal(existsSync(`${prefix}-${time}`), false);
    const second = numbers(prefix, new ManualClock(time), checkpoint);
    await second.start();
    await (second.options.clock as ManualClock).advance(0);
    await second.stop({ stopGracefully: true });
    const shown = readdirSync(folder).filter((name) => name.includes("out"));
    assert.deepEqual(shown, [`out-${time}`]);
    assert.deepEqual(readFileSync(join(`${prefix}-${time}`, "part-00000"), "utf8"), `${time}\n`);
  });
}

test("a folder that cannot be written ends the job with its path", async (t) => {
  const folder = temporaryDirectory(t);
  writeFileSync(join(folder, "file"), "");
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "numbers", batchInterval: 1_000, clock });
  ssc.queueStream([[1]]).saveAsTextFiles(join(folder, "file", "out"));
  await ssc.start();
  const ended = assert.rejects(ssc.awaitTermination(), {
    code: "FILE_UNAVAILABLE",
    message: /file\/\.out-1000\.written\/0-\w+ cannot be written: ENOTDIR/,
  });
  await clock.advance(1_000);
  await ended;
});

test("prefix and suffix are checked", () => {
  const ssc = new StreamingContext({ appName: "numbers", batchInterval: 1_000 });
  const stream = ssc.queueStream([[1]]);
  assert.throws(() => stream.saveAsTextFiles(undefined as never), { code: "INVALID_OPTION", message: /prefix/ });
  assert.throws(() => stream.saveAsTextFiles("a", "b/c"), { code: "INVALID_OPTION", message: /suffix/ });
});

for (const [how, first, second] of [
  ["with one prefix", ["out/a"], ["out/a"]],
  ["with one prefix and suffix", ["out/a", "txt"], ["out/a", "txt"]],
  ["by other paths", ["out/a"], ["out/b/../a"]],
  ["by a symbolic link", ["real/a"], ["link/a"]],
] as const) {
  test(`two outputs that would write the same folders ${how} are refused at start`, async (t) => {
    const folder = temporaryDirectory(t);
    mkdirSync(join(folder, "real"));
    symlinkSync(join(folder, "real"), join(folder, "link"));
    const ssc = new StreamingContext({ appName: "twice", batchInterval: 1_000 });
    const rows = ssc.queueStream([["a"]]);
    for (const [prefix, suffix] of [first, second]) rows.saveAsTextFiles(`${folder}/${prefix}`, suffix);
    await assert.rejects(ssc.start(), {
      code: "INVALID_OPTION",
      message:
        /saveAsTextFiles \(.*save-as-text-files\.test\.ts:\d+:\d+\) and saveAsTextFiles \(.*\) would write the same folders, .*a-TIME(\.txt)?; give one of them another prefix or suffix$/,
    });
  });
}

test("outputs with other suffixes, or prefixes, start", async (t) => {
  const folder = temporaryDirectory(t);
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "several", batchInterval: 1_000, clock });
  const rows = ssc.queueStream([["a"]]);
  for (const [prefix, suffix] of [["a"], ["b"], ["a", "txt"]]) rows.saveAsTextFiles(`${folder}/${prefix}`, suffix);
  await ssc.start();
  await clock.advance(1_000);
  await ssc.stop();
  assert.deepEqual(readdirSync(folder).sort(), ["a-1000", "a-1000.txt", "b-1000"]);
});

/** A process that has ended, and its number. */
function endedProcess(): object {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  return { ...processIdentity(), pid, startedAt: "then" };
}

for (const [suffix, end] of [
  [undefined, ""],
  ["txt", ".txt"],
] as const) {
  test(`what a job without a checkpoint left hidden when it died is gone at the next start, and only that${end}`, async (t) => {
    const folder = temporaryDirectory(t);
    const hide = (name: string, owner?: object): void => {
      for (const kind of ["written", "ready"])
        mkdirSync(join(folder, `.${name}.${kind}`, "inner"), { recursive: true });
      if (owner !== undefined) writeFileSync(join(folder, `.${name}.by`), JSON.stringify(owner));
    };
    hide(`out-1000${end}`, endedProcess());
    hide(`out-2000${end}`, processIdentity());
    hide(`out-3000${end}`, { ...endedProcess(), host: "elsewhere", space: "elsewhere" });
    hide(`out-4000${end}`);
    hide(`other-5000${end}`, endedProcess());
    hide(`out-6000${end}.gz`, endedProcess());
    const clock = new ManualClock();
    const ssc = new StreamingContext({ appName: "hidden", batchInterval: 1_000, clock });
    ssc.queueStream([["a"]]).saveAsTextFiles(join(folder, "out"), suffix);
    await ssc.start();
    const left = (): string[] => readdirSync(folder).filter((name) => name.endsWith(".ready"));
    const names = ["other-5000", "out-2000", "out-3000", "out-4000"].map((name) => `.${name}${end}.ready`);
    assert.deepEqual(left().sort(), [...names, `.out-6000${end}.gz.ready`].sort());
    assert.equal(existsSync(join(folder, `.out-1000${end}.by`)), false);
    await clock.advance(1_000);
    await ssc.stop();
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes("out-1000")),
      [`out-1000${end}`],
    );
  });
}

test("the hidden files of a batch that runs say whose they are, unless a checkpoint goes on with them", async (t) => {
  for (const checkpointDir of [undefined, join(temporaryDirectory(t), "checkpoint")]) {
    const folder = temporaryDirectory(t);
    const clock = new ManualClock(100_000);
    input(folder, clock);
    const ssc = numbers(join(folder, "out"), clock, checkpointDir, "after-manifest");
    ssc.awaitTermination().catch(() => {});
    await ssc.start();
    await clock.advance(1_000);
    await ssc.stop();
    const hidden = readdirSync(folder)
      .filter((name) => name.startsWith("."))
      .sort();
    const claims = checkpointDir === undefined ? [".out-101000.by"] : [];
    assert.deepEqual(hidden, [...claims, ".out-101000.ready"]);
  }
});
