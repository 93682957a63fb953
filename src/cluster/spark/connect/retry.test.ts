import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { Backoff, isTransient } from "./retry.ts";

const sent = (code: Code, message = "") => new ConnectError(message, code, { "grpc-status": String(code) });
const noticed = (code: Code, message = "") => new ConnectError(message, code);

test("what breaks a connection is tried again", () => {
  for (const code of [Code.Unavailable, Code.Aborted, Code.Canceled, Code.DeadlineExceeded]) {
    assert.equal(isTransient(noticed(code)), true, Code[code]);
  }
  assert.equal(isTransient(noticed(Code.InvalidArgument, "protocol error: incomplete envelope")), true);
  assert.equal(isTransient(noticed(Code.Internal, "protocol error: missing status")), true);
});

test("what a server refuses is not, unless it is busy or asks for it", () => {
  for (const code of [
    Code.Internal,
    Code.Canceled,
    Code.DeadlineExceeded,
    Code.Unauthenticated,
    Code.ResourceExhausted,
  ]) {
    assert.equal(isTransient(sent(code)), false, Code[code]);
  }
  assert.equal(isTransient(sent(Code.Unavailable)), true);
  assert.equal(isTransient(sent(Code.Internal, "[INVALID_CURSOR.DISCONNECTED] another took over")), true);
  const asked = sent(Code.ResourceExhausted);
  asked.details = [{ type: "google.rpc.RetryInfo", value: new Uint8Array() }];
  assert.equal(isTransient(asked), true);
});

test("what this side could not make or read is not", () => {
  for (const code of [Code.Internal, Code.ResourceExhausted, Code.Unimplemented, Code.Unauthenticated]) {
    assert.equal(isTransient(noticed(code)), false, Code[code]);
  }
});

test("waits double, and end with the budget", async () => {
  const backoff = new Backoff(120);
  const begun = performance.now();
  assert.equal(await backoff.wait(), true);
  assert.equal(await backoff.wait(), true);
  assert.ok(performance.now() - begun >= 115, "50 ms, then what is left of 120");
  assert.equal(await backoff.wait(), false);
  backoff.succeeded();
  assert.equal(await backoff.wait(), true);
});

test("a budget of nothing means no other try", async () => {
  assert.equal(await new Backoff(0).wait(), false);
});

test("an aborted wait rejects with the signal's reason", async () => {
  const reason = new Error("stopped");
  await assert.rejects(new Backoff(10_000).wait(AbortSignal.abort(reason)), (error) => error === reason);
});
