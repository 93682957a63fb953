import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { localRelation } from "../../src/cluster/spark/connect/plan/relations.ts";
import { SparkSession } from "../../src/cluster/spark/connect/session/spark-session.ts";
import { type Script, type ScriptedServer, scriptedServer, sparkStatus } from "../support/spark/scripted-server.ts";

// How a query goes on, or ends, when its stream breaks: each exchange is played by a scripted server.

const plan = localRelation(new Uint8Array());
const serverSideSessionId = "server-session";
const lost = new ConnectError("lost", Code.Unavailable);

const batch = (responseId: string, data = Buffer.from(responseId)) =>
  ({ serverSideSessionId, responseId, responseType: { case: "arrowBatch", value: { rowCount: 1n, data } } }) as const;
const complete = (responseId: string) =>
  ({ serverSideSessionId, responseId, responseType: { case: "resultComplete", value: {} } }) as const;

interface Run {
  readonly batches: string[];
  readonly error: (Error & { code?: string; retryable?: boolean; data?: Record<string, unknown> }) | undefined;
  readonly calls: readonly string[];
}

async function run(
  script: Script,
  options: {
    signal?: AbortSignal;
    onBatch?: (text: string) => void | Promise<void>;
    retryTimeoutMs?: number;
    silenceMs?: number;
  } = {},
): Promise<Run> {
  const { signal, onBatch, retryTimeoutMs = 2_000, silenceMs } = options;
  await using server: ScriptedServer = await scriptedServer(script);
  const session = await SparkSession.open(server.url, { retryTimeoutMs, ...(silenceMs && { silenceMs }) });
  const batches: string[] = [];
  let error: Run["error"];
  try {
    await session.execute(plan, {
      signal,
      onBatch: async (data) => {
        batches.push(Buffer.from(data).toString("latin1", 0, 8));
        await onBatch?.(batches.at(-1) as string);
      },
    });
  } catch (thrown) {
    error = thrown as Run["error"];
  }
  await session.close();
  return { batches, error, calls: server.calls.filter((name) => !["AnalyzePlan", "ReleaseSession"].includes(name)) };
}

test("a query is released when its last row has arrived", async () => {
  const { batches, error, calls } = await run({
    async *executePlan(request) {
      assert.equal(request.requestOptions[0]?.requestOption.value?.reattachable, true);
      assert.match(request.operationId as string, /^[0-9a-f-]{36}$/);
      assert.equal(request.clientObservedServerSideSessionId, serverSideSessionId);
      yield batch("a");
      yield batch("b");
      yield complete("c");
    },
    releaseExecute(request) {
      assert.equal(request.release.case, "releaseAll");
      return { serverSideSessionId };
    },
  });
  assert.deepEqual([batches, error, calls], [["a", "b"], undefined, ["ExecutePlan", "ReleaseExecute"]]);
});

test("a stream that ends before the result is complete is taken up from its last response", async () => {
  let operationId: string | undefined;
  const after: (string | undefined)[] = [];
  const { batches, error } = await run({
    async *executePlan(request) {
      operationId = request.operationId;
      yield batch("a");
    },
    async *reattachExecute(request) {
      assert.equal(request.operationId, operationId);
      after.push(request.lastResponseId);
      if (request.lastResponseId === "a") yield batch("b");
      else yield complete("c");
    },
  });
  assert.deepEqual([batches, error, after], [["a", "b"], undefined, ["a", "b"]]);
});

test("a broken stream is taken up from its last response", async () => {
  const { batches, error, calls } = await run({
    async *executePlan() {
      yield batch("a");
      throw lost;
    },
    async *reattachExecute(request) {
      assert.equal(request.lastResponseId, "a");
      yield batch("b");
      yield complete("c");
    },
  });
  assert.deepEqual([batches, error], [["a", "b"], undefined]);
  assert.deepEqual(calls, ["ExecutePlan", "ReattachExecute", "ReleaseExecute"]);
});

test("a query whose start was lost on the way is started again under the same id", async () => {
  const ids: (string | undefined)[] = [];
  const { batches, error, calls } = await run({
    async *executePlan(request) {
      ids.push(request.operationId);
      if (ids.length === 1) throw lost;
      yield batch("a");
      yield complete("b");
    },
    // biome-ignore lint/correctness/useYield: it fails before its first response
    async *reattachExecute() {
      throw sparkStatus("INVALID_HANDLE.OPERATION_NOT_FOUND");
    },
  });
  assert.deepEqual([batches, error], [["a"], undefined]);
  assert.deepEqual(calls, ["ExecutePlan", "ReattachExecute", "ExecutePlan", "ReleaseExecute"]);
  assert.equal(ids[0], ids[1]);
});

test("a query that the server knows already is taken up, not run twice", async () => {
  const { batches, error } = await run({
    // biome-ignore lint/correctness/useYield: it fails before its first response
    async *executePlan() {
      throw sparkStatus("INVALID_HANDLE.OPERATION_ALREADY_EXISTS");
    },
    async *reattachExecute(request) {
      assert.equal(request.lastResponseId, undefined);
      yield batch("a");
      yield complete("b");
    },
  });
  assert.deepEqual([batches, error], [["a"], undefined]);
});

for (const errorClass of ["INVALID_HANDLE.OPERATION_NOT_FOUND", "INVALID_HANDLE.OPERATION_ABANDONED"]) {
  test(`a query that the server dropped half way is to be run again (${errorClass})`, async () => {
    const { batches, error } = await run({
      async *executePlan() {
        yield batch("a");
        throw lost;
      },
      // biome-ignore lint/correctness/useYield: it fails before its first response
      async *reattachExecute() {
        throw sparkStatus(errorClass);
      },
    });
    assert.deepEqual(batches, ["a"]);
    assert.deepEqual([error?.code, error?.retryable, error?.data?.errorClass], ["SPARK_UNREACHABLE", true, errorClass]);
  });
}

for (const errorClass of ["INVALID_HANDLE.SESSION_NOT_FOUND", "INVALID_HANDLE.SESSION_CHANGED"]) {
  test(`a session that the server no longer knows is an error of its own (${errorClass})`, async () => {
    const { error, calls } = await run({
      // biome-ignore lint/correctness/useYield: it fails before its first response
      async *executePlan() {
        throw sparkStatus(errorClass);
      },
    });
    assert.deepEqual([error?.code, error?.retryable], ["SPARK_SESSION_LOST", true]);
    assert.deepEqual(calls, ["ExecutePlan", "ReleaseExecute"]);
  });
}

test("a server that stays away is given up after the retry time, and the query is interrupted as far as that goes", async () => {
  const { error, calls } = await run(
    {
      async *executePlan() {
        yield batch("a");
        throw lost;
      },
      // biome-ignore lint/correctness/useYield: it fails before its first response
      async *reattachExecute() {
        throw lost;
      },
    },
    { retryTimeoutMs: 200 },
  );
  assert.deepEqual([error?.code, error?.retryable], ["SPARK_UNREACHABLE", true]);
  assert.match(error?.message as string, /no Spark Connect server answered the query at 127\.0\.0\.1:\d+ \(lost\)/);
  assert.deepEqual(calls.slice(0, 2), ["ExecutePlan", "ReattachExecute"]);
  assert.deepEqual(calls.slice(-2), ["Interrupt", "ReleaseExecute"]);
});

test("a stream that somebody on the way has forgotten is taken up again, however often", async () => {
  const forgotten = new Promise<never>(() => {});
  let reattached = 0;
  const { batches, error } = await run(
    {
      async *executePlan() {
        yield batch("a");
        await forgotten;
      },
      async *reattachExecute(request) {
        assert.equal(request.lastResponseId, "a");
        if (++reattached < 4) await forgotten;
        yield batch("b");
        yield complete("c");
      },
    },
    // Silence is no failure: it uses up no time for retries.
    { silenceMs: 100, retryTimeoutMs: 150 },
  );
  assert.deepEqual([batches, error, reattached], [["a", "b"], undefined, 4]);
});

test("the server is told what need not be kept while a large result arrives", async () => {
  const released: string[] = [];
  const large = Buffer.alloc(600 * 1024);
  await run({
    async *executePlan() {
      yield batch("a", large);
      yield batch("b", large);
      yield batch("c", large);
      yield complete("d");
    },
    releaseExecute({ release }) {
      released.push(release.case === "releaseUntil" ? release.value.responseId : String(release.case));
      return { serverSideSessionId };
    },
  });
  assert.deepEqual(released, ["b", "releaseAll"]);
});

test("an aborted query is interrupted by its id, delivers nothing more, and rejects with the signal's reason", async () => {
  const [stop, reason] = [new AbortController(), new Error("batch timed out")];
  const interrupted = Promise.withResolvers<void>();
  let operationId: string | undefined;
  const { batches, error, calls } = await run(
    {
      async *executePlan(request) {
        operationId = request.operationId;
        yield batch("a");
        await interrupted.promise;
        yield batch("b");
        throw sparkStatus("OPERATION_CANCELED");
      },
      interrupt(request) {
        assert.deepEqual(request.interrupt, { case: "operationId", value: operationId });
        interrupted.resolve();
        return { serverSideSessionId };
      },
    },
    { signal: stop.signal, onBatch: () => stop.abort(reason) },
  );
  assert.deepEqual(batches, ["a"]);
  assert.equal(error, reason);
  assert.deepEqual(calls, ["ExecutePlan", "Interrupt", "ReleaseExecute"]);
});

test("a query that was aborted before it began is not sent", async () => {
  const reason = new Error("stopped");
  const { error, calls } = await run({}, { signal: AbortSignal.abort(reason) });
  assert.deepEqual([error, calls], [reason, []]);
});

test("what the receiver of a result throws ends the query and comes out as it is", async () => {
  const refusal = new Error("too much");
  const { batches, error, calls } = await run(
    {
      async *executePlan() {
        yield batch("a");
        yield batch("b");
        yield complete("c");
      },
    },
    { onBatch: () => Promise.reject(refusal) },
  );
  assert.deepEqual([batches, error], [["a"], refusal]);
  assert.deepEqual(calls, ["ExecutePlan", "Interrupt", "ReleaseExecute"]);
});

test("the next batch is not handed over before the last was dealt with", async () => {
  const order: string[] = [];
  await run(
    {
      async *executePlan() {
        for (const id of ["a", "b", "c"]) yield batch(id);
        yield complete("d");
      },
    },
    {
      onBatch: async (text) => {
        order.push(`begin ${text}`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`end ${text}`);
      },
    },
  );
  assert.deepEqual(order, ["begin a", "end a", "begin b", "end b", "begin c", "end c"]);
});
