import assert from "node:assert/strict";
import { test } from "node:test";
import { DStreamError } from "../../../errors/dstream-error.ts";
import { toWire } from "../../../errors/error-wire.ts";
import { workerError } from "./worker-error.ts";

const thrown = new TypeError("no b please\nsecond line");
const error = new DStreamError("USER_FUNCTION_FAILED", "the function of map threw TypeError", {
  cause: thrown,
  data: { operator: "map" },
});

function wrapped(json: string): string {
  return `[PYTHON_EXCEPTION] Job aborted due to stage failure: Task 0 in stage 1.0 failed 1 times: org.apache.spark.api.python.PythonException: DSTREAM-ERROR:${json}
\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:788)
Caused by: java.lang.Exception`;
}

test("a worker's error arrives with its code, data, cause and the user's stack", () => {
  for (const between of ["", " ", "\n"]) {
    const arrived = workerError(wrapped(between + JSON.stringify(toWire(error))));
    assert.equal(arrived?.code, "USER_FUNCTION_FAILED");
    assert.equal(arrived.message, error.message);
    assert.deepEqual(arrived.data, { operator: "map" });
    const cause = arrived.cause as Error;
    assert.deepEqual([cause.name, cause.message, cause.stack], ["TypeError", thrown.message, thrown.stack]);
  }
});

test("what a function of the user throws itself becomes USER_FUNCTION_FAILED", () => {
  const arrived = workerError(wrapped(JSON.stringify(toWire(thrown))));
  assert.equal(arrived?.code, "USER_FUNCTION_FAILED");
  assert.equal((arrived.cause as Error).stack, thrown.stack);
});

test("a text without a worker's error, or with half of one, has none", () => {
  assert.equal(workerError("Job aborted"), undefined);
  assert.equal(workerError(wrapped(JSON.stringify(toWire(error)).slice(0, -9))), undefined);
});
