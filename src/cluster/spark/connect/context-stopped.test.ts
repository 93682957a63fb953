import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { toDStreamError } from "./errors/connect-error.ts";
import { failureOf } from "./errors/spark-failure.ts";

const target = {
  address: "h:15002",
  shown: { token: "none", tokenExpiredAt: undefined, certificate: false, authorities: false } as const,
  useTls: false,
  sparkVersion: undefined,
  dialect: undefined,
};

function fromServer(code: Code, text: string): ConnectError {
  return new ConnectError(text, code, { "grpc-status": String(code) });
}

for (const [what, code, text] of [
  ["asserts it", Code.Internal, "assertion failed"],
  ["has no words for it", Code.Unknown, ""],
  [
    "misses its own session",
    Code.Internal,
    "[INTERNAL_ERROR] No active or default Spark session found SQLSTATE: XX000",
  ],
] as const) {
  test(`a server that makes no session has no SparkContext where it ${what}`, () => {
    const error = fromServer(code, text);
    const failure = { ...failureOf(error), kinds: ["java.lang.AssertionError"] };
    const ofFirst = toDStreamError(error, failure, target, { what: "the first request", makesSession: true });
    assert.deepEqual([ofFirst.code, ofFirst.retryable], ["SPARK_CONTEXT_STOPPED", true]);
    assert.match(ofFirst.message, /SparkContext of the Spark server at h:15002 has stopped: restart/);
    assert.equal(toDStreamError(error, failure, target, { what: "the query" }).code, "SPARK_QUERY_FAILED");
  });
}

test("a failure that a server cannot tell of, in any request, is that of a stopped SparkContext", () => {
  const error = fromServer(Code.Unknown, "Application error processing RPC");
  assert.equal(toDStreamError(error, failureOf(error), target, { what: "the query" }).code, "SPARK_CONTEXT_STOPPED");
});

test("another failure of the first request keeps Spark's condition", () => {
  const error = fromServer(Code.Internal, "[UNSUPPORTED_FEATURE] no");
  const request = { what: "the first request", makesSession: true };
  assert.equal(toDStreamError(error, failureOf(error), target, request).code, "SPARK_QUERY_FAILED");
});
