import assert from "node:assert/strict";
import { test } from "node:test";
import { DStreamError } from "../../../../errors/dstream-error.ts";
import { fromWire } from "../../../../errors/error-wire.ts";
import { errorMark, errorReport } from "./error-report.ts";

function restored(report: string): Error {
  const line = report.split("\n").find((text) => text.startsWith(errorMark));
  return fromWire(JSON.parse((line as string).slice(errorMark.length)));
}

test("a report begins with the message and holds the error as the driver restores it", () => {
  const cause = new TypeError("x is undefined");
  const error = new DStreamError("USER_FUNCTION_FAILED", "the function of map (job.ts:9:4) threw TypeError", {
    cause,
    data: { topic: "test", partition: 1, offset: 42 },
  });
  const report = errorReport(error);
  assert.equal(report.split("\n")[0], "[USER_FUNCTION_FAILED] the function of map (job.ts:9:4) threw TypeError");
  const read = restored(report);
  assert.ok(read instanceof DStreamError);
  assert.deepEqual(
    [read.code, read.message, read.retryable, read.data, read.stack],
    [error.code, error.message, error.retryable, error.data, error.stack],
  );
  assert.deepEqual([(read.cause as Error).name, (read.cause as Error).message], ["TypeError", "x is undefined"]);
  assert.ok(report.includes(`caused by\n${cause.stack}`));
});

test("where little of a report arrives it is one whole line, with the first frames of the stack", () => {
  const cause = new TypeError(`x is undefined ${"y".repeat(5_000)}`);
  const error = new DStreamError("USER_FUNCTION_FAILED", "the function of map (job.ts:9:4) threw TypeError", {
    cause,
    data: { topic: "test", partition: 1, offset: 42, long: "z".repeat(5_000) },
  });
  for (const charactersMax of [600, 1_500, 20_000]) {
    const report = errorReport(error, charactersMax);
    assert.ok(report.length <= charactersMax, `${report.length} > ${charactersMax}`);
    assert.equal(report.split("\n").length, 1);
    const read = restored(report) as DStreamError;
    assert.equal(read.code, "USER_FUNCTION_FAILED");
    assert.match(read.message, /^\[USER_FUNCTION_FAILED\] the function of map \(job\.ts:9:4\) threw TypeError/);
    if (charactersMax < 1_500) continue;
    assert.match((read.cause as Error).message, /^x is undefined y/);
    assert.match(read.stack ?? "", /\n {4}at /);
  }
});

test("a long message does not push the frames out of a stack that is cut, and one that fits is whole", () => {
  const error = new TypeError(`x is undefined ${"y".repeat(5_000)}`);
  assert.match(restored(errorReport(error, 1_500)).stack ?? "", /y…\n {4}at /);
  assert.equal(restored(errorReport(error)).stack, error.stack);
});

test("messages of several lines take one line of the report, and come back as they were", () => {
  const report = errorReport(new RangeError("first\nsecond"));
  assert.equal(report.split("\n")[0], "RangeError: first second");
  assert.equal(restored(report).message, "first\nsecond");
});

test("whatever was thrown can be reported: big integers, cycles, long texts, no errors at all", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const bad = (data: Record<string, unknown>): DStreamError => new DStreamError("ILLEGAL_STATE", "bad", { data });
  assert.deepEqual((restored(errorReport(bad({ n: 2n ** 70n }))) as DStreamError).data, {
    n: "1180591620717411303424",
  });
  assert.deepEqual((restored(errorReport(bad(cycle))) as DStreamError).data, {});
  assert.ok(errorReport(new Error("x".repeat(1_000_000))).length < 100_000);
  assert.equal(restored(errorReport("a string")).message, "a string");
  assert.equal(restored(errorReport(undefined)).message, "undefined");
});
