import assert from "node:assert/strict";
import { test } from "node:test";
import { DStreamError } from "../../../../errors/dstream-error.ts";
import { errorReport } from "../../worker/protocol/error-report.ts";
import { workerError } from "./worker-error.ts";

const thrown = new TypeError("no b please\nDSTREAM-ERROR:{}");
const error = new DStreamError("USER_FUNCTION_FAILED", "the function of map threw TypeError", {
  cause: thrown,
  data: { operator: "map" },
});

function wrapped(report: string): string {
  return `Job aborted due to stage failure: Task 0 in stage 1.0 failed 1 times: org.apache.spark.api.python.PythonException: ${report}
\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:788)
caused by: ${report}`;
}

test("a worker's error arrives with its code, data, cause and the user's stack", () => {
  const arrived = workerError(wrapped(errorReport(error)));
  assert.deepEqual([arrived?.code, arrived?.message, arrived?.data], [error.code, error.message, { operator: "map" }]);
  const cause = arrived?.cause as Error;
  assert.deepEqual([cause.name, cause.message, cause.stack], ["TypeError", thrown.message, thrown.stack]);
});

test("what a function of the user throws itself becomes USER_FUNCTION_FAILED", () => {
  const arrived = workerError(wrapped(errorReport(thrown)));
  assert.deepEqual([arrived?.code, (arrived?.cause as Error).stack], ["USER_FUNCTION_FAILED", thrown.stack]);
});

test("what a worker printed instead of an answer is found, too", () => {
  const printed = errorReport(error).replaceAll(/^/gm, "  ");
  const text = `org.apache.spark.SparkException: \nError from python worker:\n${printed}\nPYTHONPATH was:\n  /x`;
  assert.equal(workerError(text)?.message, error.message);
});

test("a text without a worker's error, or with half of one, has none", () => {
  assert.equal(workerError("Job aborted"), undefined);
  const report = errorReport(error);
  assert.equal(workerError(report.slice(0, report.indexOf("DSTREAM-ERROR:") + 40)), undefined);
});
