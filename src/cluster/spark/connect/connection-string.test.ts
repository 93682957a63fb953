import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { ConnectionString } from "./connection-string.ts";

const parse = ConnectionString.parse;

test("a host alone is asked on port 15002 without TLS", () => {
  const target = parse("sc://spark.example");
  assert.deepEqual([target.host, target.port, target.url], ["spark.example", 15_002, "http://spark.example:15002"]);
  assert.deepEqual([...target.headers()], []);
});

test("parameters are URL-decoded, and those that Spark does not know become headers", () => {
  const id = "01234567-89ab-cdef-0123-456789abcdef";
  const target = parse(`sc://h:1/;user_id=ann%20b;user_agent=my%3Bagent;session_id=${id};x-tenant=a%3Db;use_ssl=TRUE`);
  assert.deepEqual(
    [target.userId, target.userAgent, target.sessionId, target.url],
    ["ann b", "my;agent", id, "https://h:1"],
  );
  assert.deepEqual([...target.headers()], [["x-tenant", "a=b"]]);
});

test("a value may hold an equals sign, a trailing semicolon is no parameter, and IPv6 addresses stand in brackets", () => {
  const target = parse("sc://[::1]:15003/;x-a=b=c;");
  assert.deepEqual([target.host, target.address], ["::1", "[::1]:15003"]);
  assert.deepEqual([...target.headers()], [["x-a", "b=c"]]);
});

test("a token asks for TLS, except on loopback", () => {
  const remote = parse("sc://spark.example/;token=s3cret");
  assert.equal(remote.url, "https://spark.example:15002");
  assert.deepEqual([remote.token(), [...remote.headers()]], ["s3cret", []]);
  for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"]) {
    assert.equal(parse(`sc://${host}/;token=s3cret`).useTls, false, host);
  }
  assert.equal(parse("sc://localhost/;token=s3cret;use_ssl=true").useTls, true);
});

test("a token is refused where it would travel in the clear", () => {
  for (const host of ["spark.example", "localhost.example", "128.0.0.1", "127.example"]) {
    assert.throws(() => parse(`sc://${host}/;token=s3cret;use_ssl=false`), {
      code: "INVALID_OPTION",
      message: /tokens travel over TLS only, except on loopback/,
    });
  }
});

test("a token is never printed", () => {
  const target = parse("sc://spark.example/;token=s3cret");
  for (const text of [inspect(target, { depth: 9, showHidden: true }), JSON.stringify(target), String(target)]) {
    assert.doesNotMatch(text, /s3cret/);
  }
});

const refused: readonly [text: string, message: RegExp][] = [
  ["http://h:1", /the Spark master must be like "sc:\/\/host:port"/],
  ["sc://", /must be a host with an optional port/],
  ["sc://:15002", /must be a host with an optional port/],
  ["sc://h:0", /a port of 1 to 65535, not port 0/],
  ["sc://h:65536", /not port 65536/],
  ["sc://h:port", /not "h:port"/],
  ["sc://h/db", /not a path/],
  ["sc://h/db;token=s3cret", /not a path/],
  ["sc://h;token=s3cret", /not a path/],
  ["sc://h/;token", /name=value pairs divided by semicolons, not parameter 1/],
  ["sc://h/;a=1;=s3cret", /not parameter 2/],
  ["sc://h/;a=1;a=2", /each parameter once, not "a" twice/],
  ["sc://h/;use_ssl=yes", /use_ssl=true or use_ssl=false, not use_ssl=yes/],
  ["sc://h/;session_id=7", /a UUID as session_id/],
  [
    "sc://h/;Token=s3cret",
    /a known parameter \(token, use_ssl, user_id, user_agent, session_id\) or the name of a header/,
  ],
  ["sc://h/;token=%s3cret", /not a value of "token" that is not URL-encoded/],
  ["sc://h/;x-a=%0d%0ab", /visible ASCII characters, not a value of "x-a"/],
  ["sc://h/;token=s3cret%C3%A9", /not a value of "token" that no header can have/],
  ["sc://h/;authorization=s3cret", /token=…, which is sent as that header/],
  ["sc://h/;grpc-timeout=1S", /not parameter "grpc-timeout"/],
  [`sc://h/;user_agent=${"a".repeat(2_049)}`, /not a user_agent of 2049 characters/],
  ["sc://ann:s3cret@h:1", /not "…@h:1"/],
];

for (const [text, message] of refused) {
  test(`${text.slice(0, 40)} is refused with the reason`, () => {
    assert.throws(
      () => parse(text),
      (error: Error & { code: string }) => {
        assert.equal(error.code, "INVALID_OPTION");
        assert.match(error.message, message);
        assert.doesNotMatch(inspect(error), /s3cret/);
        return true;
      },
    );
  });
}
