import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { SparkSession } from "../../src/cluster/spark/connect/session/spark-session.ts";
import { scriptedServer, sparkStatus } from "../support/spark/scripted-server.ts";
import { sqlRows } from "../support/spark/sql-rows.ts";

const serverSideSessionId = "server-session";
const options = { connectTimeoutMs: 2_000, retryTimeoutMs: 500 };

for (const version of ["4.0.4", "4.1.3", "4.2.0", "4.2.7", "4.3.0", "4.20.0", "5.0.0"]) {
  test(`Spark ${version} is accepted`, async () => {
    await using server = await scriptedServer({
      analyzePlan: () => ({ serverSideSessionId, result: { case: "sparkVersion", value: { version } } }),
    });
    const session = await SparkSession.open(server.url, options);
    assert.equal(session.sparkVersion, version);
    await session.close();
    assert.deepEqual(server.calls, ["AnalyzePlan", "ReleaseSession"]);
  });
}

test("Spark 3.5, whose sessions end without a word, is accepted, and its session marked", async () => {
  const settings = new Map<string, string>();
  await using server = await scriptedServer({
    analyzePlan: () => ({ serverSideSessionId, result: { case: "sparkVersion", value: { version: "3.5.7" } } }),
    config: ({ operation }) => {
      const { case: kind, value } = operation?.opType ?? {};
      if (kind === "set") for (const { key, value: text = "" } of value?.pairs ?? []) settings.set(key, text);
      const keys = kind === "getOption" ? (value?.keys ?? []) : [];
      const pairs = keys.map((key) => ({ key, ...(settings.has(key) && { value: settings.get(key) as string }) }));
      return { serverSideSessionId, pairs };
    },
    interrupt: () => ({ serverSideSessionId }),
  });
  const session = await SparkSession.open(server.url, options);
  const mark = "spark.dstream.session";
  assert.deepEqual([...settings], [[mark, session.id]]);
  // As after a restart of the server.
  settings.clear();
  const lost = { code: "SPARK_SESSION_LOST" };
  const plan = sqlRows("1 as a");
  await assert.rejects(session.execute(plan, { onBatch: () => {} }), lost);
  await assert.rejects(session.addArtifacts([{ name: "files/a-1.txt", bytes: Buffer.from("a") }]), lost);
  await session.close();
  assert.deepEqual([...settings], [[mark, "closed"]]);
  assert.equal(server.calls.includes("ReleaseSession"), false);
  await assert.rejects(SparkSession.open(`${server.url}/;session_id=${session.id}`, options), lost);
});

for (const version of ["3.4.4", "2.4.8", "3.6.0", "no version"]) {
  test(`Spark ${version} is refused, naming the versions that are supported`, async () => {
    await using server = await scriptedServer({
      analyzePlan: () => ({ serverSideSessionId, result: { case: "sparkVersion", value: { version } } }),
    });
    await assert.rejects(SparkSession.open(server.url, options), {
      code: "SPARK_VERSION_UNSUPPORTED",
      message: new RegExp(
        `runs Spark ${version.replaceAll(".", "\\.")}; supported are 3\\.5, 4\\.0, 4\\.1, 4\\.2, 4\\.3`,
      ),
    });
  });
}

test("a port that nobody listens on is named at once", async () => {
  await assert.rejects(SparkSession.open("sc://127.0.0.1:1", options), {
    code: "SPARK_UNREACHABLE",
    message: "[SPARK_UNREACHABLE] no Spark Connect server answered the first request at 127.0.0.1:1 (ECONNREFUSED)",
  });
});

test("a host that does not exist is named", async () => {
  await assert.rejects(SparkSession.open("sc://no-such-host.invalid", options), {
    code: "SPARK_UNREACHABLE",
    message: /no-such-host\.invalid:15002 \((ENOTFOUND|EAI_AGAIN)\)/,
  });
});

test("a server that takes connections and says nothing is given up after the connect timeout", async () => {
  const server = createServer((socket) => socket.on("error", () => {}).resume()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const begun = performance.now();
  await assert.rejects(SparkSession.open(`sc://127.0.0.1:${port}`, { connectTimeoutMs: 300 }), {
    code: "SPARK_UNREACHABLE",
    message: /the operation timed out/,
  });
  assert.ok(performance.now() - begun < 2_000);
  await new Promise((closed) => server.close(closed));
});

test("every request carries the token and further headers, and no error shows them", async () => {
  const seen: (string | null)[] = [];
  await using server = await scriptedServer({
    analyzePlan(_, { requestHeader }) {
      seen.push(requestHeader.get("authorization"), requestHeader.get("x-tenant"));
      throw sparkStatus("UNAUTHENTICATED", Code.Unauthenticated);
    },
  });
  await assert.rejects(SparkSession.open(`${server.url}/;token=s3cret;x-tenant=t`, options), (error: Error) => {
    assert.match(
      error.message,
      /\[SPARK_AUTHENTICATION_FAILED\] the Spark server at 127\.0\.0\.1:\d+ refused the token: check token/,
    );
    assert.doesNotMatch(`${error.stack}${JSON.stringify(error)}${(error.cause as Error).stack}`, /s3cret/);
    return true;
  });
  assert.deepEqual(seen, ["Bearer s3cret", "t"]);
});

test("a call is tried again while the server is away, and no longer", async () => {
  let left = 2;
  await using server = await scriptedServer({
    config() {
      if (left-- > 0) throw new ConnectError("away", Code.Unavailable);
      return { serverSideSessionId };
    },
  });
  const session = await SparkSession.open(server.url, options);
  await session.setConfig({ a: "1" });
  assert.equal(left, -1);
  left = Number.POSITIVE_INFINITY;
  await assert.rejects(session.setConfig({ a: "1" }), {
    code: "SPARK_UNREACHABLE",
    message: /setting the configuration/,
  });
  await session.close();
});

test("a refused call is not tried again, and Spark's own words are the cause", async () => {
  let calls = 0;
  await using server = await scriptedServer({
    config() {
      calls++;
      throw sparkStatus("CANNOT_MODIFY_CONFIG", Code.Internal, { errorId: "7" });
    },
    fetchErrorDetails(request) {
      assert.equal(request.errorId, "7");
      return {
        serverSideSessionId,
        rootErrorIdx: 0,
        errors: [
          {
            message: "the whole text",
            errorTypeHierarchy: ["org.apache.spark.sql.AnalysisException", "java.lang.Exception"],
            causeIdx: 1,
            stackTrace: [{ declaringClass: "a.B", methodName: "c", fileName: "B.scala", lineNumber: 7 }],
          },
          { message: "and why", causeIdx: 0 },
        ],
      };
    },
  });
  const session = await SparkSession.open(server.url, options);
  await assert.rejects(session.setConfig({ a: "1" }), (error: Error & { code: string }) => {
    assert.equal(error.code, "SPARK_QUERY_FAILED");
    assert.equal(error.message, "[SPARK_QUERY_FAILED] Spark failed at setting the configuration: CANNOT_MODIFY_CONFIG");
    const cause = error.cause as Error;
    assert.deepEqual([cause.name, cause.message], ["AnalysisException", "the whole text\ncaused by: and why"]);
    assert.match(cause.stack as string, /\n {4}at a\.B\.c\(B\.scala:7\)$/);
    return true;
  });
  assert.equal(calls, 1);
  await session.close();
});

test("artifacts travel in one stream and once; a damaged one is refused", async () => {
  const uploads: string[][] = [];
  let intact = true;
  await using server = await scriptedServer({
    async addArtifacts(requests) {
      const names: string[] = [];
      for await (const { payload } of requests) {
        if (payload.case === "batch") names.push(...payload.value.artifacts.map(({ name }) => name));
        if (payload.case === "beginChunk") names.push(payload.value.name);
      }
      uploads.push(names);
      return { serverSideSessionId, artifacts: names.map((name) => ({ name, isCrcSuccessful: intact })) };
    },
  });
  const session = await SparkSession.open(server.url, options);
  const small = { name: "files/a-1", bytes: Buffer.from("a") };
  const large = { name: "archives/b-2.tar.gz#b", bytes: new Uint8Array(600_000) };
  assert.deepEqual(await session.addArtifacts([small, large]), [small.name, large.name]);
  assert.deepEqual(await session.addArtifacts([small, large]), []);
  assert.deepEqual(uploads, [[small.name, large.name]]);
  intact = false;
  const damaged = { name: "files/c-3", bytes: Buffer.from("c") };
  await assert.rejects(session.addArtifacts([damaged]), {
    code: "SPARK_UNREACHABLE",
    message: /files\/c-3 was damaged/,
  });
  intact = true;
  assert.deepEqual(await session.addArtifacts([damaged]), [damaged.name]);
  await session.close();
});

test("closing a session whose server is gone ends quickly", async () => {
  const server = await scriptedServer({});
  const session = await SparkSession.open(server.url, options);
  await server[Symbol.asyncDispose]();
  const begun = performance.now();
  await session.close();
  assert.ok(performance.now() - begun < 1_000);
});

test("a server that takes no upload and says nothing counts as lost after the time for which calls are tried again", async () => {
  const held = Promise.withResolvers<void>();
  await using server = await scriptedServer({
    async addArtifacts() {
      await held.promise;
      return { serverSideSessionId, artifacts: [] };
    },
  });
  const session = await SparkSession.open(server.url, options);
  await assert.rejects(session.addArtifacts([{ name: "files/a-1.txt", bytes: Buffer.from("a") }]), {
    code: "SPARK_UNREACHABLE",
    message: /^\[SPARK_UNREACHABLE\] the Spark server at \S+ took nothing of an upload for 0\.5 s$/,
  });
  held.resolve();
  await session.close();
});
