import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Code, ConnectError } from "@connectrpc/connect";
import type { SparkConnectionOptions } from "../../src/cluster/spark/connect/connection-options.ts";
import { localRelation } from "../../src/cluster/spark/connect/plan/relations.ts";
import { SparkSession } from "../../src/cluster/spark/connect/session/spark-session.ts";
import type { DStreamError } from "../../src/errors/dstream-error.ts";
import { type Script, type ScriptedServer, scriptedServer, sparkStatus } from "../support/spark/scripted-server.ts";

// A server that takes one token at a time, and a client whose token is asked for.

const serverSideSessionId = "server-session";
const plan = localRelation(new Uint8Array());

interface Guarded extends AsyncDisposable {
  readonly url: string;
  /** What is taken now. */
  wanted: string;
  /** What requests have shown, in order, by call. */
  readonly shown: string[];
}

async function guarded(script: Script = {}): Promise<Guarded> {
  const shown: string[] = [];
  const server: ScriptedServer = await scriptedServer(script, {
    guard: (method, authorization) => {
      shown.push(`${method} ${authorization?.replace("Bearer ", "")}`);
      if (authorization !== `Bearer ${guard.wanted}`) throw new ConnectError("who is that?", Code.Unauthenticated);
    },
  });
  const guard: Guarded = {
    url: server.url,
    wanted: "t1",
    shown,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return guard;
}

/** A function for the token that gives one after the other, and counts. */
function tokens(...all: readonly (string | Error)[]): { readonly token: () => Promise<string>; asked: number } {
  const source = {
    asked: 0,
    token: async () => {
      const next = all[Math.min(source.asked++, all.length - 1)] as string | Error;
      if (next instanceof Error) throw next;
      return next;
    },
  };
  return source;
}

const open = (url: string, connection: SparkConnectionOptions, more = {}): Promise<SparkSession> =>
  SparkSession.open(url, { connection, retryTimeoutMs: 2_000, ...more });

test("a token is asked for once for the requests of a connection", async () => {
  await using server = await guarded();
  const source = tokens("t1");
  const session = await open(server.url, { token: source.token });
  for (let i = 0; i < 3; i++) await session.setConfig({ a: "1" });
  await session.close();
  assert.equal(source.asked, 1);
  assert.deepEqual([...new Set(server.shown.map((text) => text.split(" ")[1]))], ["t1"]);
});

test("a token that is refused in mid-job is asked for again, once for all requests that it was refused to", async () => {
  await using server = await guarded();
  const source = tokens("t1", "t2");
  const session = await open(server.url, { token: source.token });
  server.wanted = "t2";
  await Promise.all(Array.from({ length: 5 }, () => session.setConfig({ a: "1" })));
  assert.equal(source.asked, 2);
  await session.close();
  assert.equal(server.shown.at(-1), "ReleaseSession t2");
});

test("a query goes on where its stream is refused, at its start and in the middle, and no row comes twice", async () => {
  const response = (id: string) =>
    ({
      serverSideSessionId,
      responseId: id,
      responseType: { case: "arrowBatch", value: { rowCount: 1n, data: Buffer.from(id) } },
    }) as const;
  await using server = await guarded({
    async *executePlan() {
      yield response("a");
      server.wanted = "t3";
      throw new ConnectError("the token has expired", Code.Unauthenticated);
    },
    async *reattachExecute({ lastResponseId }) {
      // The query whose start was refused.
      if (lastResponseId === undefined) throw sparkStatus("INVALID_HANDLE.OPERATION_NOT_FOUND");
      assert.equal(lastResponseId, "a");
      yield response("b");
      yield { serverSideSessionId, responseId: "c", responseType: { case: "resultComplete", value: {} } };
    },
  });
  const source = tokens("t1", "t2", "t3");
  const session = await open(server.url, { token: source.token });
  server.wanted = "t2";
  const rows: string[] = [];
  await session.execute(plan, { onBatch: (bytes) => void rows.push(Buffer.from(bytes).toString()) });
  assert.deepEqual([rows, source.asked], [["a", "b"], 3]);
  await session.close();
});

test("an upload that is refused is made again whole", async () => {
  const uploads: number[] = [];
  await using server = await guarded({
    addArtifacts: async (requests) => {
      let bytes = 0;
      for await (const { payload } of requests) {
        if (payload.case === "beginChunk") bytes += payload.value.initialChunk?.data.length ?? 0;
        if (payload.case === "chunk") bytes += payload.value.data.length;
      }
      uploads.push(bytes);
      return {};
    },
  });
  const source = tokens("t1", "t1", "t2");
  const session = await open(server.url, { token: source.token });
  server.wanted = "t2";
  await session.addArtifacts([{ name: "files/large-1a2b", bytes: new Uint8Array(3_000_000) }]);
  assert.deepEqual(uploads, [3_000_000]);
  await session.close();
});

test("a token that is refused again is given up at once, and never shown", async () => {
  await using server = await guarded();
  server.wanted = "another";
  for (const [source, requests] of [
    [tokens("gu3ss1"), 1],
    [tokens("gu3ss1", "gu3ss2", "gu3ss3"), 2],
  ] as const) {
    server.shown.length = 0;
    const begun = performance.now();
    await assert.rejects(open(server.url, { token: source.token }), (error: DStreamError) => {
      assert.deepEqual([error.code, error.retryable], ["SPARK_AUTHENTICATION_FAILED", false]);
      assert.match(
        error.message,
        /refused the token: it is the newest that spark\.token, or spark\.headers, gives \(UNAUTHENTICATED\)$/,
      );
      assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /gu3ss/);
      return true;
    });
    assert.ok(performance.now() - begun < 2_000);
    assert.deepEqual([server.shown.length, source.asked], [requests, 2]);
  }
});

const jwt = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;

const refusals: readonly [what: string, SparkConnectionOptions, RegExp][] = [
  ["no token", {}, /wants a token: give one as token in the master, or as spark\.token \(UNAUTHENTICATED\)$/],
  [
    "a wrong one",
    { token: "gu3ss" },
    /refused the token: check token in the master, or spark\.token \(UNAUTHENTICATED\)$/,
  ],
  [
    "one that says that it has expired",
    { token: jwt({ exp: 1_700_000_000 }) },
    /refused the token, which expired at 2023-11-14T22:13:20\.000Z: /,
  ],
];

for (const [what, connection, message] of refusals) {
  test(`with ${what} a job is refused after one request, with what to do`, async () => {
    await using server = await guarded();
    await assert.rejects(open(server.url, connection), {
      code: "SPARK_AUTHENTICATION_FAILED",
      message,
      retryable: false,
    });
    assert.equal(server.shown.length, 1);
  });
}

test("a text that expires in mid-job ends it, and the message says what would not", async () => {
  await using server = await guarded();
  const session = await open(server.url, { token: "t1" });
  server.wanted = "t2";
  await assert.rejects(session.setConfig({ a: "1" }), {
    code: "SPARK_AUTHENTICATION_FAILED",
    message:
      /refused the token, which it took before: give spark\.token a function, which is asked again when that happens/,
  });
  await session.close();
});

test("whoever gives tokens may be away for a while, and one that gives something else is told so", async () => {
  await using server = await guarded();
  const away = new Error("the identity provider is away");
  const source = tokens(away, away, "t1");
  await (await open(server.url, { token: source.token })).close();
  assert.equal(source.asked, 3);
  await assert.rejects(open(server.url, { token: tokens(away).token }, { busyTimeoutMs: 200 }), {
    code: "SPARK_AUTHENTICATION_FAILED",
    retryable: true,
    message: "[SPARK_AUTHENTICATION_FAILED] spark.token gave no token; what it threw is the cause",
    cause: away,
  });
  await assert.rejects(open(server.url, { token: tokens("two words").token }), {
    code: "INVALID_OPTION",
    message: "[INVALID_OPTION] spark.token must give a token: text of printable ASCII without spaces",
  });
});

test("headers that are functions are asked again, too, beside those that are texts", async () => {
  const shown: (string | null)[] = [];
  let wanted = "h1";
  await using server = await scriptedServer({
    config(_, { requestHeader }) {
      shown.push(requestHeader.get("x-auth"), requestHeader.get("authorization"));
      if (requestHeader.get("x-auth") !== wanted) throw new ConnectError("who is that?", Code.PermissionDenied);
      return { serverSideSessionId };
    },
  });
  const source = tokens("h1", "h2", "h2");
  const session = await open(server.url, { headers: { "X-Auth": source.token, Authorization: "Basic dTpw" } });
  await session.setConfig({ a: "1" });
  wanted = "h2";
  await session.setConfig({ a: "1" });
  assert.deepEqual([shown, source.asked], [["h1", "Basic dTpw", "h1", "Basic dTpw", "h2", "Basic dTpw"], 2]);
  wanted = "h3";
  await assert.rejects(session.setConfig({ a: "1" }), {
    code: "SPARK_AUTHENTICATION_FAILED",
    message: /refused the token, or does not allow its holder to do this \(PERMISSION_DENIED\)$/,
  });
  await session.close();
});

test("headers that are texts and are refused are named", async () => {
  await using server = await guarded();
  await assert.rejects(open(server.url, { headers: { "x-auth": "s3cret" } }), {
    code: "SPARK_AUTHENTICATION_FAILED",
    message:
      /did not take the headers that it was shown: correct them, or give a token; functions in spark\.headers are asked again/,
  });
});

test("each new connection asks for a token", async () => {
  await using server = await guarded();
  const source = tokens("t1");
  for (let i = 1; i <= 2; i++) {
    const session = await open(server.url, { token: source.token });
    // An upload has a connection of its own.
    await session.addArtifacts([{ name: "files/a-1", bytes: Buffer.from("a") }]).catch(() => {});
    await session.close();
    assert.equal(source.asked, 2 * i);
  }
});
