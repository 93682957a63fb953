import assert from "node:assert/strict";
import { test } from "node:test";
import { runBatches, testJob } from "dstream/testing";
import { shownError } from "../../src/errors/shown/shown-error.ts";

// Whatever a function throws, the error says what it was and where it came from, on every cluster.

class Hostile extends Error {
  override get message(): string {
    throw new Error("no message for you");
  }
}
const cyclic = (): Error => {
  const error = new RangeError("outer", { cause: new Error("inner") });
  (error.cause as Error).cause = error;
  return error;
};
const values: Readonly<Record<string, () => unknown>> = {
  text: () => "a text",
  nothing: () => undefined,
  null: () => null,
  object: () => ({ status: 500 }),
  aggregate: () => new AggregateError([new Error("one"), "two"], "both"),
  cyclic,
  hostile: () => new Hostile(),
};
const shown: Readonly<Record<string, RegExp>> = {
  text: /threw string, for .*; caused by string: a text$/,
  nothing: /threw undefined, for /,
  null: /threw null, for .*; caused by null: null$/,
  object: /threw object, for .*; caused by object: \{ status: 500 \}$/,
  aggregate:
    /threw AggregateError at \S+, for .*; caused by AggregateError: both \(.*\) \[one \(.*\) \| string: two\]$/,
  cyclic: /; caused by RangeError: outer \(.*\); caused by inner \(.*\)$/,
  hostile: /threw Error, for .*; caused by Error$/,
};

export const throwsValue = testJob<[string], string>(import.meta.url, "throws a value", (_ssc, names) =>
  names.map((name): string => {
    throw values[name]?.();
  }),
);

for (const master of ["local", "local[2]"]) {
  for (const [name, pattern] of Object.entries(shown)) {
    // The way from a worker is the same for all.
    if (master !== "local" && name !== "text" && name !== "aggregate") continue;
    test(`${name} that is thrown is shown on ${master}`, async () => {
      await assert.rejects(runBatches(throwsValue, [[[name]]], { master }), (error: { code: string }) => {
        assert.equal(error.code, "USER_FUNCTION_FAILED");
        assert.match(shownError(error), pattern);
        return true;
      });
    });
  }
}
