import assert from "node:assert/strict";
import { test } from "node:test";
import { Machine, type PlainProcess } from "../../../test/support/plain-process.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import type { RunOptions } from "../process/this-process.ts";
import { JobLog } from "./job-log.ts";
import { type LogSettings, standardLogger } from "./standard-logger.ts";

type Environment = Readonly<Record<string, string>>;

function logging(
  { log, env = {}, role }: { log?: LogSettings; env?: Environment; role?: PlainProcess["role"] },
  tell: (log: JobLog) => void,
): readonly string[] {
  const runOptions: RunOptions = log === undefined ? {} : { log };
  const process = { ...new Machine().start(runOptions, env), role };
  tell(new JobLog(standardLogger(process, new ManualClock(1_000))));
  return process.lines;
}

const all = (log: JobLog): void => {
  log.debug("BATCH_COMPLETED", "a");
  log.info("JOB_STARTED", "b");
  log.warn("BATCH_RETRIED", "c", { batchTime: 2_000, errorCode: "WORKER_DIED" });
  log.error("JOB_ENDED", "d");
};

test("messages are lines of text with time, level and code, from info on", () => {
  assert.deepEqual(logging({}, all), [
    "1970-01-01T00:00:01.000Z INFO  [JOB_STARTED] b",
    "1970-01-01T00:00:01.000Z WARN  [BATCH_RETRIED] c",
    "1970-01-01T00:00:01.000Z ERROR [JOB_ENDED] d",
  ]);
});

test("with DSTREAM_LOG=json each is a line of JSON, with its fields", () => {
  const lines = logging({ env: { DSTREAM_LOG: "json", DSTREAM_LOG_LEVEL: "warn" } }, all);
  const time = "1970-01-01T00:00:01.000Z";
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [
      { time, level: "warn", code: "BATCH_RETRIED", batchTime: 2_000, errorCode: "WORKER_DIED", message: "c" },
      { time, level: "error", code: "JOB_ENDED", message: "d" },
    ],
  );
});

test("the command line comes before the variables, and a variable that is empty is none", () => {
  const env = { DSTREAM_LOG: "json", DSTREAM_LOG_LEVEL: "debug" };
  assert.deepEqual(logging({ log: { format: "text", level: "error" }, env }, all), [
    "1970-01-01T00:00:01.000Z ERROR [JOB_ENDED] d",
  ]);
  assert.equal(logging({ env: { DSTREAM_LOG: "", DSTREAM_LOG_LEVEL: "" } }, all).length, 3);
});

for (const [env, message] of [
  [{ DSTREAM_LOG: "yaml" }, '[INVALID_OPTION] DSTREAM_LOG must be "text" or "json", not yaml'],
  [
    { DSTREAM_LOG_LEVEL: "loud" },
    '[INVALID_OPTION] DSTREAM_LOG_LEVEL must be "debug", "info", "warn" or "error", not loud',
  ],
] as const) {
  test(`another word in ${Object.keys(env)} is refused, but not in a worker, whose machine has variables of its own`, () => {
    assert.throws(() => logging({ env }, all), { code: "INVALID_OPTION", message });
    logging({ env, role: { register() {} } }, () => {});
  });
}

test("what an error quotes neither breaks a line nor reaches the terminal as a command", () => {
  const text = "a\nb\r\u001b[31mc\u2028d";
  const tell = (log: JobLog): void => log.warn("WAITING", text);
  assert.deepEqual(logging({}, tell), ["1970-01-01T00:00:01.000Z WARN  [WAITING] a\\nb\\u000d\\u001b[31mc\\u2028d"]);
  const [line = ""] = logging({ log: { format: "json" } }, tell);
  assert.equal(line.includes("\n"), false);
  assert.equal(JSON.parse(line).message, text);
});
