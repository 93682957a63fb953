import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import type { SparkConnectionOptions } from "../../src/cluster/spark/connect/connection-options.ts";
import { SparkSession } from "../../src/cluster/spark/connect/session/spark-session.ts";
import { errorCodes } from "../../src/errors/codes.ts";
import type { DStreamError } from "../../src/errors/dstream-error.ts";
import { selfSigned, signedBy } from "../support/self-signed.ts";
import { scriptedServer } from "../support/spark/scripted-server.ts";
import { TlsProxy, type TlsProxyOptions } from "../support/spark/tls-proxy.ts";

// What is said of each thing that may be at a master's address in place of a Spark Connect server, or before one.

const ca = selfSigned();
const server = signedBy(ca);
const trusting: SparkConnectionOptions = { tls: { ca: ca.cert } };

/** Why a session cannot be opened. Whatever it is, nobody is told to set options of Kafka's. */
async function refusal(
  master: string,
  connection: SparkConnectionOptions = {},
  busyTimeoutMs = 0,
): Promise<DStreamError> {
  const opened = SparkSession.open(master, { connection, busyTimeoutMs, connectTimeoutMs: 5_000 });
  const error = await opened.then(
    () => assert.fail("it was opened"),
    (thrown: DStreamError) => thrown,
  );
  assert.match(error.code, /^SPARK_/);
  assert.doesNotMatch(
    `${error.message} ${errorCodes[error.code].action}`,
    /sasl|listener|broker|(?<!spark\.)\btls\.ca/i,
  );
  return error;
}

/** Lets a server run for one test. Returns its port. */
async function running(t: TestContext, listener: Server): Promise<number> {
  const sockets = new Set<Socket>();
  for (const event of ["connection", "secureConnection"]) {
    listener.on(event, (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
    });
  }
  listener.on("tlsClientError", () => {});
  listener.on("sessionError", () => {});
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => listener.close(closed));
  });
  return (listener.address() as AddressInfo).port;
}

async function proxied(t: TestContext, options: TlsProxyOptions = server): Promise<TlsProxy> {
  const spark = await scriptedServer({
    addArtifacts: async (requests) => {
      for await (const _ of requests);
      return {};
    },
  });
  const proxy = await TlsProxy.start(Number(new URL(spark.url).port), options);
  t.after(async () => {
    await proxy[Symbol.asyncDispose]();
    await spark[Symbol.asyncDispose]();
  });
  return proxy;
}

const secure = (port: number): string => `sc://127.0.0.1:${port}/;use_ssl=true`;
const plain = (port: number): string => `sc://127.0.0.1:${port}`;

test("a private authority is believed where it is given, which asks for TLS by itself", async (t) => {
  const { port } = await proxied(t);
  for (const host of ["127.0.0.1", "localhost"]) {
    const session = await SparkSession.open(`sc://${host}:${port}`, { connection: trusting });
    await session.close();
  }
});

const certificates: readonly [what: string, TlsProxyOptions, SparkConnectionOptions, RegExp][] = [
  [
    "of an authority that nobody knows here",
    server,
    {},
    /an authority that is not known here: give it as spark\.tls\.ca, with --connect-ca FILE, or in the file that NODE_EXTRA_CA_CERTS names/,
  ],
  [
    "of another authority than the one that is given",
    signedBy(selfSigned()),
    trusting,
    /those that are given \(spark\.tls\.ca, --connect-ca\) do not include it/,
  ],
  ["that signed itself", selfSigned(), {}, /is signed by itself alone: give it as spark\.tls\.ca/],
  ["that has expired", signedBy(ca, { isExpired: true }), trusting, /is not valid today; .* \(CERT_HAS_EXPIRED\)$/],
  [
    "for another host",
    signedBy(ca, { host: "other.example" }),
    trusting,
    /is for other names: .*127\.0\.0\.1.*; the master has to name the server as its certificate does/,
  ],
];

for (const [what, options, connection, message] of certificates) {
  test(`a certificate ${what} is SPARK_TLS_MISMATCH`, async (t) => {
    const { port } = await proxied(t, options);
    const error = await refusal(secure(port), connection);
    assert.deepEqual([error.code, error.retryable], ["SPARK_TLS_MISMATCH", false]);
    assert.match(error.message, message);
  });
}

test("a client certificate is shown where it is given; who asks for one and gets none, or a stranger's, says so", async (t) => {
  const clients = selfSigned();
  const { port } = await proxied(t, { ...server, clientCa: clients.cert });
  const session = await SparkSession.open(secure(port), {
    connection: { tls: { ca: ca.cert, ...signedBy(clients) } },
  });
  await session.close();
  const missing = await refusal(secure(port), trusting);
  assert.equal(missing.code, "SPARK_AUTHENTICATION_FAILED");
  assert.match(
    missing.message,
    /asks for a certificate of the client; give one as spark\.tls\.cert and spark\.tls\.key/,
  );
  const strange = await refusal(secure(port), { tls: { ca: ca.cert, ...signedBy(selfSigned()) } });
  // Node's servers say nothing, unlike others.
  assert.equal(strange.code, "SPARK_UNREACHABLE");
  assert.match(strange.message, /ended it; some servers do so where they do not believe the client's certificate/);
});

test("TLS to a port without, and none to a port with it, are told apart", async (t) => {
  await using spark = await scriptedServer({});
  const toPlain = await refusal(`${spark.url}/;use_ssl=true`);
  assert.equal(toPlain.code, "SPARK_TLS_MISMATCH");
  assert.match(toPlain.message, /does not speak TLS as use_ssl, a token or spark\.tls asks for/);
  const { port } = await proxied(t);
  const toSecure = await refusal(plain(port));
  assert.equal(toSecure.code, "SPARK_TLS_MISMATCH");
  assert.match(toSecure.message, /speaks TLS, and was spoken to without; add use_ssl=true to the master$/);
});

test("versions of TLS that only one side has are told", async (t) => {
  const old = createTlsServer({ ...server, minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
  const error = await refusal(secure(await running(t, old)), trusting);
  assert.equal(error.code, "SPARK_TLS_MISMATCH");
  assert.match(error.message, /no version or cipher of TLS in common.*\(ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION\)$/);
});

const others: readonly [what: string, listener: () => Server, isSecure: boolean, message: RegExp][] = [
  [
    "a proxy that offers no HTTP/2",
    () => createHttpsServer(server, (_, answer) => answer.end("hello")),
    true,
    /speaks TLS without HTTP\/2, which gRPC needs: a proxy there has to offer it \(ALPN h2\)/,
  ],
  [
    "a proxy that is asked for HTTP/2 and speaks HTTP/1",
    () => createTlsServer(server, (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
    true,
    /does not speak HTTP\/2/,
  ],
  [
    "a web server",
    () => createHttpServer((_, answer) => answer.end("hello")),
    false,
    /does not speak HTTP\/2, which gRPC needs: no Spark Connect server is there/,
  ],
  [
    "something that greets",
    () => createServer((socket) => socket.end("SSH-2.0-OpenSSH\r\n")),
    false,
    /does not speak HTTP\/2/,
  ],
  [
    "a web server that speaks HTTP/2",
    () => createHttp2Server((_, answer) => answer.writeHead(200, { "content-type": "text/html" }).end("hello")),
    false,
    /answered with content of type text\/html, not with gRPC/,
  ],
  [
    "a web server that knows no such page",
    () => createHttp2Server((_, answer) => answer.writeHead(404).end()),
    false,
    /answered the first request with HTTP 404 \(Not Found\): no Spark Connect server is there/,
  ],
  [
    "another server of gRPC",
    () =>
      createHttp2Server((_, answer) =>
        answer.writeHead(200, { "content-type": "application/grpc", "grpc-status": "12" }).end(),
      ),
    false,
    /speaks gRPC, and is no Spark Connect server$/,
  ],
  [
    "a server whose gRPC is damaged",
    () =>
      createHttp2Server((_, answer) =>
        answer.writeHead(200, { "content-type": "application/grpc" }).end("<html></html>"),
      ),
    false,
    /says that it is gRPC, and is not/,
  ],
];

for (const [what, listener, isSecure, message] of others) {
  test(`${what} is SPARK_ENDPOINT_INVALID`, async (t) => {
    const port = await running(t, listener());
    const error = await refusal(isSecure ? secure(port) : plain(port), isSecure ? trusting : {});
    assert.deepEqual([error.code, error.retryable], ["SPARK_ENDPOINT_INVALID", false]);
    assert.match(error.message, message);
  });
}

test("a redirection is shown without what it would give away", async (t) => {
  const proxy = await proxied(t);
  proxy.status = 302;
  const error = await refusal(secure(proxy.port), trusting);
  assert.equal(error.code, "SPARK_ENDPOINT_INVALID");
  assert.match(
    error.message,
    /HTTP 302 \(Found\): a redirection to https:\/\/login\.example, as to a page for signing in; /,
  );
  assert.doesNotMatch(error.message, /s3cret/);
});

for (const status of [429, 502, 503, 504]) {
  test(`HTTP ${status} at the start is waited out, and one that stays is SPARK_UNREACHABLE`, async (t) => {
    const proxy = await proxied(t);
    proxy.status = status;
    proxy.statusesLeft = 3;
    const session = await SparkSession.open(secure(proxy.port), { connection: trusting });
    await session.close();
    assert.deepEqual(
      proxy.seen.slice(0, 4).map(({ refusedWith }) => refusedWith),
      [status, status, status, undefined],
    );
    proxy.statusesLeft = Number.POSITIVE_INFINITY;
    const error = await refusal(secure(proxy.port), trusting, 300);
    assert.deepEqual([error.code, error.retryable, error.data.status], ["SPARK_UNREACHABLE", true, status]);
    assert.match(error.message, new RegExp(`answered the first request with HTTP ${status} \\(.+\\) for 0.3 s: `));
  });
}

test("what an upload is refused for by its size is told with the size and the setting", async (t) => {
  const proxy = await proxied(t);
  proxy.bodyBytesMax = 1_000_000;
  const session = await SparkSession.open(secure(proxy.port), { connection: trusting });
  const upload = session.addArtifacts([{ name: "files/large-1a2b", bytes: new Uint8Array(12_345_678) }]);
  await assert.rejects(upload, {
    code: "SPARK_REQUEST_TOO_LARGE",
    retryable: false,
    message:
      /answered the upload with HTTP 413 \(.+\): a proxy there lets no request of 12\.3 MB through; raise its limit .*client_max_body_size/,
    data: { status: 413, bytes: 12_345_678 },
  });
  await session.close();
});

test("pages in place of answers pass once a Spark server has answered", async (t) => {
  const proxy = await proxied(t);
  const session = await SparkSession.open(secure(proxy.port), { connection: trusting });
  proxy.status = 404;
  await assert.rejects(session.setConfig({ a: "1" }), { code: "SPARK_ENDPOINT_INVALID", retryable: true });
  proxy.status = undefined;
  await session.close();
});
