import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { JobLog } from "./job-log.ts";
import { checkLogger } from "./logger.ts";

/** As pino's: its methods need their object. */
class Bound {
  readonly #told: unknown[] = [];
  debug(...told: unknown[]): void {
    this.#told.push(["debug", ...told]);
  }
  info(...told: unknown[]): void {
    this.#told.push(["info", ...told]);
  }
  warn(...told: unknown[]): void {
    this.#told.push(["warn", ...told]);
  }
  error(...told: unknown[]): void {
    this.#told.push(["error", ...told]);
  }
  get told(): readonly unknown[] {
    return this.#told;
  }
}

test("a logger's methods get an object with the code and what is known, and the text", () => {
  const logger = new Bound();
  const log = new JobLog(logger);
  log.debug("BATCH_COMPLETED", "a", { batchTime: 1_000 });
  log.info("JOB_STARTED", "b");
  log.warn("STALLED", "c", { batchTime: undefined });
  log.error("JOB_ENDED", "d", { errorCode: "WORKER_DIED" });
  assert.deepEqual(logger.told, [
    ["debug", { code: "BATCH_COMPLETED", batchTime: 1_000 }, "a"],
    ["info", { code: "JOB_STARTED" }, "b"],
    ["warn", { code: "STALLED" }, "c"],
    ["error", { code: "JOB_ENDED", errorCode: "WORKER_DIED" }, "d"],
  ]);
});

test("a logger that throws or rejects is said once, and changes nothing", async (t) => {
  const warned = t.mock.method(process, "emitWarning", () => {});
  const broken = (): never => {
    throw new Error("the disk is full");
  };
  const log = new JobLog({ debug: broken, info: broken, warn: async () => broken(), error: broken });
  log.warn("STALLED", "a");
  await setImmediate();
  log.info("JOB_STARTED", "b");
  log.error("JOB_ENDED", "c");
  assert.deepEqual(
    warned.mock.calls.map(({ arguments: [text, options] }) => [/^[^(]*/.exec(String(text))?.[0], options]),
    [["the job's logger failed, and messages are lost: the disk is full ", { type: "DStreamLogger" }]],
  );
});

test("consoles are loggers; what has not got the four methods is none", () => {
  checkLogger("logger", console);
  checkLogger("logger", new Bound());
  const part = { debug() {}, info() {}, warn() {} };
  const trap = Object.defineProperty({ ...part }, "error", {
    get() {
      throw new Error("no");
    },
  });
  for (const logger of [null, 1, "console", () => {}, [], part, trap, { ...part, error: "loud" }]) {
    assert.throws(() => checkLogger("logger", logger), {
      code: "INVALID_OPTION",
      message: /logger must be an object with debug\(\), info\(\), warn\(\) and error\(\), not /,
    });
  }
});
