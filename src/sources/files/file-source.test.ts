import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { RecordedLog } from "../../../test/support/recorded-log.ts";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { type DStream, StreamingContext } from "../../index.ts";
import { ManualClock } from "../../testing/manual-clock.ts";

/** A folder whose files have the times of a manual clock, and a job over it. */
class Job {
  readonly directory: string;
  readonly clock: ManualClock;
  readonly batches: unknown[][] = [];
  readonly said = new RecordedLog();
  #ssc: StreamingContext | undefined;

  constructor(t: TestContext, clock = new ManualClock(100_000)) {
    this.directory = temporaryDirectory(t);
    this.clock = clock;
    t.after(() => this.#ssc?.stop());
  }

  /** A file that was changed last at `time`. */
  write(name: string, content: string | Uint8Array, time = this.clock.now()): string {
    const path = join(this.directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    utimesSync(path, time / 1_000, time / 1_000);
    return path;
  }

  async start(
    build: (ssc: StreamingContext, directory: string) => DStream<any>,
    checkpointDir?: string,
  ): Promise<StreamingContext> {
    const checkpoint = checkpointDir === undefined ? {} : { checkpointDir };
    const ssc = new StreamingContext({
      appName: "files",
      batchInterval: 1_000,
      clock: this.clock,
      logger: this.said,
      ...checkpoint,
    });
    this.#ssc = ssc;
    build(ssc, this.directory).foreachRDD(async (rdd) => void this.batches.push(await rdd.collect()));
    await ssc.start();
    return ssc;
  }
}

const text = (ssc: StreamingContext, directory: string): DStream<string> => ssc.textFileStream(directory);

test("a batch has the lines of the files that came since the batch before, each file in one partition, by name", async (t) => {
  const job = new Job(t);
  job.write("before", "old\n", 99_000);
  await job.start((ssc, directory) => text(ssc, directory).glom());
  job.write("b", "2\r\n3", 100_500);
  job.write("a", "\ufeff1\n", 101_000);
  job.write("empty", "", 100_500);
  await job.clock.advance(1_000);
  await job.clock.advance(1_000);
  job.write("c", "4\n\n5\n", 102_001);
  job.write(".hidden", "no", 102_001);
  await job.clock.advance(1_000);
  assert.deepEqual(job.batches, [[["1"], ["2", "3"], []], [], [["4", "", "5"]]]);
});

test("with newFilesOnly false the files of the minute before the stream count, too", async (t) => {
  const job = new Job(t);
  job.write("too-old", "0", 40_500);
  job.write("old", "1", 41_500);
  await job.start((ssc, directory) => ssc.textFileStream(directory, { newFilesOnly: false }));
  job.write("new", "2", 100_001);
  await job.clock.advance(1_000);
  await job.clock.advance(1_000);
  assert.deepEqual(job.batches, [["2", "1"], []]);
});

test("a file may be late by a minute; it counts by its last change, which moving it keeps, and is read once", async (t) => {
  const job = new Job(t);
  await job.start(text);
  const aside = job.write("aside/late", "late", 105_500);
  const older = job.write("aside/older", "older", 104_000);
  await job.clock.advance(64_000);
  renameSync(aside, join(job.directory, "late"));
  renameSync(older, join(job.directory, "older"));
  await job.clock.advance(1_000);
  // Touched again within the minute it is still the same file.
  job.write("late", "later", 165_500);
  await job.clock.advance(2_000);
  assert.deepEqual(job.batches.flat(), ["late"]);
  assert.equal(
    job.batches.findIndex((rows) => rows.length > 0),
    64,
  );
});

test("folders may be named by a pattern, and be moved into its reach", async (t) => {
  const job = new Job(t);
  mkdirSync(join(job.directory, "in/one"), { recursive: true });
  await job.start((ssc, directory) => ssc.textFileStream(join(directory, "in", "*")));
  job.write("in/one/a", "1", 100_500);
  job.write("in/plain", "not in a folder", 100_500);
  await job.clock.advance(1_000);
  job.write("aside/renamed", "2", 101_500);
  job.write("aside/existing", "too old", 100_000);
  renameSync(join(job.directory, "aside"), join(job.directory, "in/two"));
  await job.clock.advance(1_000);
  assert.deepEqual(job.batches, [["1"], ["2"]]);
});

test("a filter chooses among all names; what its files are is up to a function", async (t) => {
  const job = new Job(t);
  const filter = (path: string): boolean => path.endsWith(".csv");
  await job.start((ssc, directory) =>
    ssc.fileStream(directory, (path) => [path.slice(directory.length + 1)], { filter }),
  );
  job.write("a.csv", "x", 100_001);
  job.write(".b.csv", "x", 100_001);
  job.write("c.txt", "x", 100_001);
  await job.clock.advance(1_000);
  assert.deepEqual(job.batches, [[".b.csv", "a.csv"]]);
});

test("what a function of fileStream throws names it, the file and the batch's end", async (t) => {
  const job = new Job(t);
  const ssc = await job.start((ssc, directory) =>
    ssc.fileStream(directory, () => {
      throw new RangeError("mine");
    }),
  );
  job.write("a", "x", 100_001);
  const ended = assert.rejects(ssc.awaitTermination(), {
    code: "USER_FUNCTION_FAILED",
    message: /the function of fileStream .*threw RangeError.*for the file .*\/a$/,
  });
  await job.clock.advance(1_000);
  await ended;
});

test("records have a fixed length; a part of one ends the job", async (t) => {
  const job = new Job(t);
  const ssc = await job.start((ssc, directory) =>
    ssc.binaryRecordsStream(directory, 2).map((bytes) => [...bytes].join()),
  );
  for (const i of [0, 1, 2]) job.write(`f${i}`, Uint8Array.of(i, i + 1, i + 2, i + 3), 100_001);
  await job.clock.advance(1_000);
  assert.deepEqual(job.batches, [["0,1", "2,3", "1,2", "3,4", "2,3", "4,5"]]);
  job.write("odd", Uint8Array.of(1, 2, 3), 101_001);
  const ended = assert.rejects(ssc.awaitTermination(), {
    code: "FILE_UNAVAILABLE",
    message: /odd has 3 bytes, which is no multiple of the record length 2/,
  });
  await job.clock.advance(1_000);
  await ended;
});

test("a file that vanished between plan and task ends the job; what was added to one is left out", async (t) => {
  const job = new Job(t);
  const gone = job.write("gone", "x", 101_500);
  const grown = job.write("grown", "ab\n", 100_500);
  const ssc = await job.start(text);
  ssc.addStreamingListener({
    onBatchSubmitted: () => {
      writeFileSync(grown, "ab\ncd\n");
      utimesSync(grown, 100, 100);
    },
  });
  await job.clock.advance(1_000);
  assert.deepEqual(job.batches, [["ab"]]);
  ssc.addStreamingListener({ onBatchSubmitted: () => rmSync(gone, { force: true }) });
  const ended = assert.rejects(ssc.awaitTermination(), {
    code: "FILE_UNAVAILABLE",
    message: /gone cannot be read: ENOENT.*every worker must reach it by that path/,
  });
  await job.clock.advance(1_000);
  await ended;
});

test("a folder that does not exist yet is waited for, with one warning", async (t) => {
  const job = new Job(t);
  await job.start((ssc, directory) => ssc.textFileStream(join(directory, "later")));
  await job.clock.advance(2_000);
  job.write("later/a", "1", 102_001);
  await job.clock.advance(1_000);
  assert.deepEqual(job.batches, [[], [], ["1"]]);
  assert.equal(job.said.warnings("FOLDER_MISSING").length, 1);
});

test("a job that goes on from its checkpoint reads a failed batch's files again, and those that came while it was down, once each", async (t) => {
  const job = new Job(t);
  const checkpoint = join(temporaryDirectory(t), "checkpoint");
  const ssc = await job.start(text, checkpoint);
  job.write("a", "1", 100_500);
  await job.clock.advance(1_000);
  job.write("b", "2", 101_500);
  const fails = await failing(job, ssc, checkpoint);
  assert.deepEqual(job.batches, [["1"]]);
  assert.equal(fails, "USER_FUNCTION_FAILED");
  // Hours later, and much older than the window.
  job.write("c", "3", 110_000);
  await job.clock.advance(7_200_000);
  await job.start(text, checkpoint);
  await job.clock.advance(2_000);
  assert.deepEqual(job.batches, [["1"], ["2"], ["3"], []]);
});

/** Stops the job and runs a batch of it that fails. */
async function failing(job: Job, ssc: StreamingContext, checkpointDir: string): Promise<string> {
  await ssc.stop();
  const next = new StreamingContext({ appName: "files", batchInterval: 1_000, clock: job.clock, checkpointDir });
  next.textFileStream(job.directory).foreachRDD(() => {
    throw new Error("no");
  });
  await next.start();
  const ended = next.awaitTermination().then(
    () => "",
    ({ code }: { code: string }) => code,
  );
  await job.clock.advance(1_000);
  return ended;
}

test("options are checked", () => {
  const ssc = new StreamingContext({ appName: "files", batchInterval: 1_000 });
  assert.throws(() => ssc.textFileStream(""), { code: "INVALID_OPTION", message: /textFileStream's directory/ });
  assert.throws(() => ssc.textFileStream("a", { newFileOnly: true } as object), {
    code: "UNKNOWN_OPTION",
    message: /did you mean "newFilesOnly"/,
  });
  assert.throws(() => ssc.binaryRecordsStream("a", 0), { code: "INVALID_OPTION", message: /recordLength/ });
  assert.throws(() => ssc.fileStream("a", undefined as never), { code: "INVALID_OPTION", message: /fileStream/ });
});
