import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { selfSigned } from "../../../../test/support/self-signed.ts";
import type { DStreamError } from "../../../errors/dstream-error.ts";
import { StreamingContext } from "../../../streaming/context/streaming-context.ts";
import { ConnectionString } from "./connection-string.ts";

const [own, other] = [selfSigned(), selfSigned()];

const refused: readonly [what: string, spark: object, code: string, message: RegExp][] = [
  ["a misspelt option", { tokn: "t" }, "UNKNOWN_OPTION", /spark has no option "tokn"; did you mean "token"\?$/],
  ["what is no object", [], "INVALID_OPTION", /spark's options must be an object, not an array$/],
  [
    "an empty token",
    { token: "" },
    "INVALID_OPTION",
    /spark\.token must be a text of printable ASCII without spaces, or a function that gives one, not an empty text$/,
  ],
  ["a token of two words", { token: "s3cret s3cret" }, "INVALID_OPTION", /spark\.token .*, not this one$/],
  ["a token of another type", { token: 5 }, "INVALID_OPTION", /not a value of type number$/],
  ["headers that are a list", { headers: ["x"] }, "INVALID_OPTION", /spark\.headers must be an object, not an array$/],
  [
    "the token's header",
    { token: "t", headers: { Authorization: "s3cret" } },
    "INVALID_OPTION",
    /without it: the token is sent as that header, not "Authorization" beside spark\.token$/,
  ],
  [
    "a header of gRPC's",
    { headers: { "grpc-timeout": "1S" } },
    "INVALID_OPTION",
    /headers that are free for use, not "grpc-timeout"$/,
  ],
  ["a header twice", { headers: { "x-a": "1", "X-A": "2" } }, "INVALID_OPTION", /each header once, not "X-A" twice$/],
  [
    "a header of two lines",
    { headers: { "x-a": "s3cret\r\nb: c" } },
    "INVALID_OPTION",
    /spark\.headers\["x-a"\] must be a text of visible ASCII characters, or a function that gives one, not this one$/,
  ],
  ["a header that is no text", { headers: { "x-a": 1 } }, "INVALID_OPTION", /not a value of type number$/],
  [
    "an option of node:tls",
    { tls: { rejectUnauthorized: false } },
    "UNKNOWN_OPTION",
    /spark\.tls has no option "rejectUnauthorized"; known options: ca, cert, key$/,
  ],
  [
    "a path as certificate",
    { tls: { ca: "/etc/ca.pem" } },
    "INVALID_OPTION",
    /spark\.tls\.ca must be PEM text \("-----BEGIN …"\), not another text; /,
  ],
  [
    "bytes as certificate",
    { tls: { ca: Buffer.from(own.cert) } },
    "INVALID_OPTION",
    /spark\.tls\.ca must be PEM text, not a value of type object$/,
  ],
  [
    "a certificate without its key",
    { tls: { cert: own.cert } },
    "INVALID_OPTION",
    /spark\.tls must be cert with its key, not cert alone$/,
  ],
  [
    "a key without its certificate",
    { tls: { key: own.key } },
    "INVALID_OPTION",
    /spark\.tls must be key with its cert, not key alone$/,
  ],
  [
    "a key of another certificate",
    { tls: { cert: own.cert, key: other.key } },
    "INVALID_OPTION",
    /spark\.tls\.key is not the key of spark\.tls\.cert/,
  ],
  ["a key as authority", { tls: { ca: own.key } }, "INVALID_OPTION", /spark\.tls\.ca .*\(there is none\)$/],
  [
    "half a certificate",
    { tls: { ca: own.cert.slice(0, 200) } },
    "INVALID_OPTION",
    /spark\.tls\.ca has what cannot be read as a certificate \(1 of 1 are not whole\)/,
  ],
];

const context = (spark: object, master = "local"): StreamingContext =>
  new StreamingContext({ appName: "connection", batchInterval: 1_000, master, spark });

for (const [what, spark, code, message] of refused) {
  test(`${what} is refused whatever the master is, and not shown`, () => {
    for (const master of ["local", "sc://spark.example"]) {
      assert.throws(
        () => context(spark, master),
        (error: DStreamError) => {
          assert.equal(error.code, code);
          assert.match(error.message, message);
          assert.doesNotMatch(inspect(error), /s3cret/);
          return true;
        },
      );
    }
  });
}

test("options that are left out, as in executors without the variables, are none", async () => {
  const ssc = context({ token: undefined, tls: { ca: undefined, cert: undefined, key: undefined } });
  ssc.queueStream([["a"]]).foreachRDD(() => {});
  await ssc.start();
  await ssc.stop();
});

const parse = ConnectionString.parse;

test("what the program says joins what the master says", () => {
  const token = (): string => "t";
  const target = parse("sc://h:1/;x-a=1", { token, headers: { "X-Tenant": "t" }, tls: { ca: own.cert } });
  assert.deepEqual([target.url, target.token(), target.tls().ca], ["https://h:1", token, own.cert]);
  assert.deepEqual(
    [...target.headers()],
    [
      ["x-a", "1"],
      ["x-tenant", "t"],
    ],
  );
});

test("a token of the program asks for TLS as one of the master does; certificates do so on loopback, too", () => {
  assert.equal(parse("sc://h:1", { token: "t" }).useTls, true);
  assert.equal(parse("sc://h:1", { token: () => "t" }).useTls, true);
  assert.equal(parse("sc://127.0.0.1:1", { token: "t" }).useTls, false);
  assert.equal(parse("sc://127.0.0.1:1", { tls: { ca: own.cert } }).useTls, true);
  // Variables that are not set leave this.
  assert.equal(parse("sc://h:1", { tls: {} }).useTls, true);
  assert.equal(parse("sc://127.0.0.1:1", { tls: {} }).useTls, false);
});

test("headers that are credentials ask for TLS, too", () => {
  assert.equal(parse("sc://h:1", { headers: { "x-auth": () => "t" } }).useTls, true);
  assert.equal(parse("sc://h:1", { headers: { authorization: "Basic c2VjcmV0" } }).useTls, true);
  assert.equal(parse("sc://h:1", { headers: { "x-tenant": "t" } }).useTls, false);
});

test("a token of the program comes before the environment's", (t) => {
  process.env.SPARK_CONNECT_AUTHENTICATE_TOKEN = "of the environment";
  t.after(() => delete process.env.SPARK_CONNECT_AUTHENTICATE_TOKEN);
  assert.equal(parse("sc://h:1").token(), "of the environment");
  assert.equal(parse("sc://h:1", { token: "t" }).token(), "t");
});

const together: readonly [master: string, options: Parameters<typeof parse>[1], message: RegExp][] = [
  [
    "sc://h:1/;token=s3cret",
    { token: () => "t" },
    /without token, or the program without spark\.token, not a token beside the program's$/,
  ],
  ["sc://h:1/;use_ssl=false", { token: "s3cret" }, /tokens travel over TLS only, except on loopback/],
  [
    "sc://127.0.0.1:1/;use_ssl=false",
    { tls: { ca: own.cert } },
    /use_ssl=true, or neither of them given, not use_ssl=false together with spark\.tls/,
  ],
  ["sc://h:1/;x-a=s3cret", { headers: { "X-A": "2" } }, /one of the two, not "x-a", which spark\.headers has, too$/],
];

for (const [master, options, message] of together) {
  test(`${master.replace("s3cret", "…")} is refused beside ${Object.keys(options ?? {})}, which it does not go with`, () => {
    assert.throws(
      () => parse(master, options),
      (error: DStreamError) => {
        assert.equal(error.code, "INVALID_OPTION");
        assert.match(error.message, message);
        assert.doesNotMatch(inspect(error), /s3cret/);
        return true;
      },
    );
  });
}

test("neither token nor key is printed", () => {
  const target = parse("sc://h:1", {
    token: "s3cret",
    headers: { "x-a": "s3cret" },
    tls: { cert: own.cert, key: own.key },
  });
  for (const text of [inspect(target, { depth: 9, showHidden: true }), JSON.stringify(target)])
    assert.doesNotMatch(text, /s3cret|PRIVATE KEY/);
});
