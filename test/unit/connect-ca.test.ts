import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { thisProcess, workerRunOptions } from "../../src/runtime/process/this-process.ts";
import { dstream } from "../support/dstream.ts";
import { selfSigned, signedBy } from "../support/self-signed.ts";
import { scriptedServer } from "../support/spark/scripted-server.ts";
import { TlsProxy } from "../support/spark/tls-proxy.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// dstream run --connect-ca FILE: the authorities to believe of a Spark master.

const run = (...args: readonly string[]) => dstream(["run", "test/spark/jobs/heartbeats.ts", ...args]);

test("a server of a private authority is believed by --connect-ca, and not without", async (t) => {
  await using spark = await scriptedServer({
    analyzePlan: () => ({ serverSideSessionId: "s", result: { case: "sparkVersion", value: { version: "3.4.1" } } }),
  });
  const authority = selfSigned();
  await using proxy = await TlsProxy.start(Number(new URL(spark.url).port), signedBy(authority));
  const file = join(temporaryDirectory(t), "ca.pem");
  writeFileSync(file, authority.cert);
  const master = `sc://127.0.0.1:${proxy.port}`;
  const without = await run("--master", `${master}/;use_ssl=true`);
  assert.equal(without.code, 1);
  assert.match(without.stderr, /\[SPARK_TLS_MISMATCH\] .*with --connect-ca FILE/);
  // The server is spoken to: it is too old.
  const believed = await run("--master", master, "--connect-ca", file);
  assert.equal(believed.code, 1);
  assert.match(believed.stderr, /\[SPARK_VERSION_UNSUPPORTED\] .*runs Spark 3\.4\.1/);
});

test("--connect-ca that names no certificates, or goes with another master, is refused", async (t) => {
  const file = join(temporaryDirectory(t), "ca.pem");
  writeFileSync(file, "no certificate");
  const keyFile = join(temporaryDirectory(t), "key.pem");
  writeFileSync(keyFile, selfSigned().key);
  for (const [args, message] of [
    [
      ["--master", "sc://127.0.0.1:1", "--connect-ca", "/no/such.pem"],
      /--connect-ca: \/no\/such\.pem: ENOENT \(no such file/,
    ],
    [
      ["--master", "sc://127.0.0.1:1", "--connect-ca", file],
      /--connect-ca must be a file of certificates in PEM, not \S+ca\.pem/,
    ],
    [
      ["--master", "sc://127.0.0.1:1", "--connect-ca", keyFile],
      /--connect-ca must be a file of certificates in PEM, not \S+key\.pem/,
    ],
    [
      ["--master", "local[2]", "--connect-ca", file],
      /--connect-ca must be given with a Spark master \(sc:\/\/…\), not one beside the master local\[2\]/,
    ],
  ] as const) {
    const { code, stderr } = await run(...args);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /\[INVALID_OPTION\]/);
    assert.match(stderr, message);
  }
});

test("how Spark is reached, which a token may be part of, is not shipped to executors", (t) => {
  t.after(() => {
    thisProcess.runOptions = {};
  });
  thisProcess.runOptions = { master: "sc://h/;token=s3cret", connectCa: "/ca.pem", brokers: ["b:9092"], batches: 3 };
  assert.deepEqual(workerRunOptions(thisProcess.runOptions), { brokers: ["b:9092"], batches: 3 });
});
