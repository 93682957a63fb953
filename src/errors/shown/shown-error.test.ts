import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { DStreamError } from "../dstream-error.ts";
import { fromWire, toWire } from "../error-wire.ts";
import { causeLines, shownError } from "./shown-error.ts";

/** Without the places in this file, which are the program's to the rule. */
const shown = (thrown: unknown): string => shownError(thrown).replaceAll(/ \(\S+\.test\.ts:\d+:\d+\)/g, " (here)");
const failed = (cause: unknown): DStreamError => new DStreamError("USER_FUNCTION_FAILED", "it threw", { cause });

class Hostile {
  get message(): string {
    throw new Error("no message");
  }
}
const cyclic = new Error("a");
cyclic.cause = new Error("b", { cause: cyclic });

for (const [what, thrown, expected] of [
  ["a text", "text", "string: text"],
  ["nothing", undefined, "undefined: undefined"],
  ["null", null, "null: null"],
  ["a number", 5, "number: 5"],
  ["an object without a message", { status: 500 }, "object: { status: 500 }"],
  ["an object with a message", { message: "refused", code: 7 }, "refused"],
  ["an object whose getters throw", new Hostile(), "object: Hostile {}"],
  [
    "an object that cannot be looked at",
    new Proxy({}, { get: () => assert.fail(), getPrototypeOf: () => assert.fail() }),
    undefined,
  ],
  ["an error of another realm", runInNewContext("new TypeError('far')"), undefined],
  ["an error", new TypeError("bad"), "TypeError: bad (here)"],
  ["a plain error", new Error("bad"), "bad (here)"],
  ["an error without a message", new Error(), "Error (here)"],
  [
    "causes",
    new Error("a", { cause: new RangeError("b", { cause: "c" }) }),
    "a (here); caused by RangeError: b (here); caused by string: c",
  ],
  ["causes in a circle", cyclic, "a (here); caused by b (here)"],
  [
    "errors of an AggregateError",
    new AggregateError([new Error("one"), "two"], "both"),
    "AggregateError: both (here) [one (here) | string: two]",
  ],
  ["a text of several lines", "one\n  two", "string: one two"],
] as const) {
  test(`${what} can be shown, also after the way from a worker`, () => {
    if (expected !== undefined) assert.equal(shown(thrown), expected);
    for (const error of [thrown, failed(thrown)]) {
      const arrived = fromWire(structuredClone(toWire(error)));
      assert.equal(shownError(arrived), shownError(error));
    }
  });
}

test("a cause that is quoted already is not said twice", () => {
  const cause = new Error("no space");
  cause.stack = "Error: no space";
  const error = new DStreamError("FILE_UNAVAILABLE", "/a cannot be written: no space", { cause });
  assert.equal(shownError(error), "[FILE_UNAVAILABLE] /a cannot be written: no space");
  assert.deepEqual(causeLines(error), []);
});

test("of a cause that fills pages a line has the beginning", () => {
  const cause = new Error(`Job aborted\n\tat Line.java\n${"x".repeat(5_000)}`);
  cause.stack = "";
  const shown = shownError(new DStreamError("WORKER_DIED", "a worker ended", { cause }));
  assert.match(shown, /^\[WORKER_DIED\] a worker ended; caused by Job aborted at Line\.java x+…$/);
  assert.ok(shown.length < 600, `${shown.length}`);
});

test("of what the program threw a terminal shows the stack", () => {
  const [line] = causeLines(failed(new TypeError("bad")));
  assert.match(line ?? "", /^ {2}caused by: TypeError: bad\n {4}at .*shown-error\.test\.ts:\d+:\d+/);
  assert.deepEqual(causeLines(failed("text")), ["  caused by: string: text"]);
});

test("an error whose facts cannot be sent loses them, and nothing else", () => {
  const error = new DStreamError("ILLEGAL_STATE", "why", { data: { f: () => 1 } });
  assert.deepEqual(structuredClone(toWire(error)).message, "[ILLEGAL_STATE] why");
});
