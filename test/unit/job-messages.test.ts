import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { type Logger, Receiver, RetryableError, StreamingContext, type StreamingContextOptions } from "dstream";
import { ManualClock } from "dstream/testing";
import { type JobRuntime, runtimeKey } from "../../src/runtime/job-runtime.ts";
import { messageCodes } from "../../src/runtime/log/message-codes.ts";
import { dstream } from "../support/dstream.ts";
import { fromSources } from "../support/from-sources.ts";
import { Machine } from "../support/plain-process.ts";
import { RecordedLog } from "../support/recorded-log.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// What a job says of its life. Single warnings are tested where they come from.

interface Options extends Partial<StreamingContextOptions> {
  /** Called in each batch. */
  readonly output?: (time: number) => void;
  readonly [runtimeKey]?: Partial<JobRuntime>;
}

function job(
  t: TestContext,
  { output = () => {}, ...options }: Options,
): { ssc: StreamingContext; clock: ManualClock } {
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "words", batchInterval: 1_000, clock, ...options });
  ssc.queueStream([["a"]]).foreachRDD((_rdd, time) => output(time));
  t.after(() => ssc.stop());
  return { ssc, clock };
}

class Silent extends Receiver<string> {
  override onStart(): void {}
  override onStop(): void {}
}

/** Messages from info on, as level, code and text. */
const shown = ({ messages }: RecordedLog): unknown[] =>
  messages.filter(({ level }) => level !== "debug").map(({ level, code, message }) => [level, code, message]);

test("a job says that it starts and that the program stopped it, and its batches for who wants them", async (t) => {
  const said = new RecordedLog();
  const { ssc, clock } = job(t, { logger: said });
  await ssc.start();
  await clock.advance(2_000);
  await ssc.stop();
  assert.deepEqual(shown(said), [
    [
      "info",
      "JOB_STARTED",
      "the job words has started on local, with a batch each 1000 ms: it begins anew, without a checkpoint",
    ],
    ["info", "JOB_ENDED", "the job words has ended: the program stopped it"],
  ]);
  assert.deepEqual(
    said.of("BATCH_COMPLETED").map(({ level, batchTime, numRecords }) => [level, batchTime, numRecords]),
    [
      ["debug", 1_000, 1],
      ["debug", 2_000, 0],
    ],
  );
  assert.match(said.of("BATCH_COMPLETED")[0]?.message ?? "", /^batch 1000 has ended: 1 records, \d+ ms, \d+ ms late$/);
});

test("a job that goes on says after which batch, and which one it runs again", async (t) => {
  const checkpointDir = temporaryDirectory(t);
  const run = async (fails: boolean): Promise<RecordedLog> => {
    const said = new RecordedLog();
    const clock = new ManualClock(fails ? 0 : 2_000);
    const ssc = new StreamingContext({ appName: "words", batchInterval: 1_000, clock, checkpointDir, logger: said });
    ssc.receiverStream(new Silent()).foreachRDD((_rdd, time) => {
      if (fails && time === 2_000) throw new RangeError("not today");
    });
    const ended = ssc.awaitTermination().catch(() => {});
    await ssc.start();
    await clock.advance(2_000);
    if (!fails) await ssc.stop();
    await ended;
    return said;
  };
  const [first, second] = [await run(true), await run(false)];
  assert.deepEqual(
    [...first.of("JOB_STARTED"), ...second.of("JOB_STARTED")].map(({ message, resumedAfter }) => [
      message,
      resumedAfter,
    ]),
    [
      [
        `the job words has started on local, with a batch each 1000 ms: it begins its checkpoint in ${checkpointDir}`,
        undefined,
      ],
      [
        `the job words has started on local, with a batch each 1000 ms: it goes on after batch 1000 of the checkpoint in ${checkpointDir}`,
        1_000,
      ],
    ],
  );
  assert.deepEqual(
    second.of("BATCH_RESUMED").map(({ level, batchTime }) => [level, batchTime]),
    [["info", 2_000]],
  );
  const [end] = first.of("JOB_ENDED");
  assert.deepEqual([end?.level, end?.reason, end?.errorCode], ["error", "failed", "USER_FUNCTION_FAILED"]);
  assert.match(
    end?.message ?? "",
    /^the job words has ended: it failed with \[USER_FUNCTION_FAILED\] the function of foreachRDD .* threw RangeError .*not today/,
  );
  assert.equal(first.of("BATCH_FAILED")[0]?.batchTime, 2_000);
});

test("a batch that is run again is said with the attempt and the code, and that it has come to an end", async (t) => {
  const said = new RecordedLog();
  let calls = 0;
  const { ssc, clock } = job(t, {
    logger: said,
    output: () => {
      if (calls++ === 0) throw new RetryableError("the database is away");
    },
  });
  await ssc.start();
  await clock.advance(1_000);
  await ssc.stop();
  const [retried, recovered] = [...said.of("BATCH_RETRIED"), ...said.of("BATCH_RECOVERED")];
  assert.deepEqual(
    [retried?.level, retried?.batchTime, retried?.attempt, retried?.errorCode],
    ["warn", 1_000, 1, "USER_FUNCTION_FAILED"],
  );
  assert.match(retried?.message ?? "", /^batch 1000 is run again: \[USER_FUNCTION_FAILED\] .*the database is away/);
  assert.deepEqual(
    [recovered?.level, recovered?.batchTime, recovered?.message],
    ["info", 1_000, "batch 1000 was computed by attempt 2"],
  );
});

for (const [reason, end, message] of [
  ["interrupted", "interrupt", "it was interrupted by a signal"],
  ["batches", "advance", "all its batches have run (--batches)"],
] as const) {
  test(`a job says that it ended by ${reason}`, async (t) => {
    const said = new RecordedLog();
    const process = new Machine().start({ batches: 2 });
    const { ssc, clock } = job(t, { logger: said, [runtimeKey]: { process } });
    const ended = ssc.awaitTermination();
    await ssc.start();
    if (end === "interrupt") process.interrupt();
    else await clock.advance(2_000);
    await ended;
    const told = said.of("JOB_ENDED").map((entry) => [entry.level, entry.reason, entry.errorCode, entry.message]);
    assert.deepEqual(told, [["info", reason, undefined, `the job words has ended: ${message}`]]);
    assert.deepEqual(process.lines, []);
  });
}

test("a start that fails is the end of the job, too", async (t) => {
  const said = new RecordedLog();
  const { ssc } = job(t, { logger: said, master: "nowhere" });
  await assert.rejects(ssc.start(), { code: "INVALID_OPTION" });
  assert.deepEqual(
    said.messages.map(({ level, code, reason, errorCode }) => [level, code, reason, errorCode]),
    [["error", "JOB_ENDED", "failed", "INVALID_OPTION"]],
  );
});

test("the end has the same words as text and as JSON, and the page's address is said in the same way", async (t) => {
  const messages: string[][] = [];
  for (const format of ["text", "json"] as const) {
    const process = new Machine().start({ log: { format }, ui: { port: 0 } });
    const { ssc } = job(t, { [runtimeKey]: { process } });
    await ssc.start();
    const url = ssc.uiUrl as string;
    await ssc.stop();
    const texts = process.lines.map((line) => {
      return format === "json" ? `[${JSON.parse(line).code}] ${JSON.parse(line).message}` : line.slice(31);
    });
    assert.equal(texts[0], `[UI_STARTED] the job's page is at ${url}`);
    messages.push(texts.slice(1));
  }
  const [text = [], json] = messages;
  assert.deepEqual(text, json);
  assert.deepEqual(
    text.map((line) => line.split(" ")[0]),
    ["[JOB_STARTED]", "[JOB_ENDED]"],
  );
});

for (const [how, args, env] of [
  ["--log json", ["--log", "json", "--log-level", "debug"], {}],
  ["the variables", [], { DSTREAM_LOG: "json", DSTREAM_LOG_LEVEL: "debug" }],
] as const) {
  test(`by ${how} standard error has lines of JSON, whose last one says why the job ended`, async () => {
    const { code, stderr } = await dstream(["run", "test/unit/jobs/empty-batches.ts", "--batches", "1", ...args], {
      env,
    });
    assert.equal(code, 0);
    const lines = stderr.trimEnd().split("\n");
    const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      told.map((message) => message.code),
      ["JOB_STARTED", "BATCH_COMPLETED", "JOB_ENDED"],
    );
    const { time, ...end } = told.at(-1) as Record<string, unknown>;
    assert.match(String(time), /^20\d\d-\d\d-\d\dT[\d:.]+Z$/);
    const message = "the job empty-batches has ended: all its batches have run (--batches)";
    assert.deepEqual(end, { level: "info", code: "JOB_ENDED", appName: "empty-batches", reason: "batches", message });
  });
}

test("a logger that throws changes nothing for the job", async (t) => {
  t.mock.method(process, "emitWarning", () => {});
  const broken = (): never => {
    throw new Error("the disk is full");
  };
  const times: number[] = [];
  const logger = { debug: broken, info: broken, warn: broken, error: broken };
  const { ssc, clock } = job(t, { logger, output: (time) => void times.push(time) });
  await ssc.start();
  await clock.advance(3_000);
  await ssc.stop();
  assert.deepEqual(times, [1_000, 2_000, 3_000]);
});

test("a job goes on when nobody reads its standard error any more", async () => {
  const file = "test/unit/jobs/empty-batches.ts";
  const env = { ...process.env, DSTREAM_LOG_LEVEL: "debug" };
  const child = spawn(process.execPath, [fromSources, file], { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "exit");
  child.stdout.resume();
  await once(child.stderr, "data");
  child.stderr.destroy();
  for (let batches = 0; batches < 5; batches++) await once(child.stdout, "data");
  child.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
});

test("what is no logger is refused", (t) => {
  assert.throws(() => job(t, { logger: { info() {} } as unknown as Logger }), {
    code: "INVALID_OPTION",
    message: "[INVALID_OPTION] logger must be an object with debug(), info(), warn() and error(), not an object",
  });
});

test("no token of a master is said", async (t) => {
  const said = new RecordedLog();
  const { ssc } = job(t, { logger: said, master: "sc://127.0.0.1:1/;token=hush" });
  await assert.rejects(ssc.start());
  assert.notEqual(said.messages.length, 0);
  assert.doesNotMatch(JSON.stringify(said.messages), /hush/);
});

test("the guide has the codes of all messages that are no errors of their own", () => {
  const [, section = ""] = readFileSync("docs/guide/operating.md", "utf8").split(/^## What a job says$/m);
  const rows = (section.split(/^## /m)[0] ?? "").matchAll(/^\| `([A-Z_]+)` \| (\w+) \|/gm);
  const codes = Array.from(rows, ([, code]) => code);
  assert.deepEqual(codes.sort(), Object.keys(messageCodes).sort());
});
