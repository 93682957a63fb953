import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createServer } from "node:tls";
import { kafkaRead } from "../../src/cluster/spark/connect/relations.ts";
import { SparkSession } from "../../src/cluster/spark/connect/spark-session.ts";
import { outputOf } from "../support/processes.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";

// A server without Kafka connector that asks for a token.

let spark: SparkServer;

before(async () => {
  spark = await startSpark({
    mode: "local",
    kafkaConnector: false,
    conf: { "spark.connect.authenticate.token": "s3cret" },
  });
});

after(() => spark?.stop());

test("without or with another token the server refuses, and the message shows none", async () => {
  for (const master of [spark.url, `${spark.url}/;token=gu3ssed`]) {
    await assert.rejects(SparkSession.open(master), (error: Error & { code: string }) => {
      assert.equal(error.code, "AUTHENTICATION_FAILED");
      assert.doesNotMatch(`${error.stack}${(error.cause as Error).stack}`, /gu3ssed|s3cret/);
      return true;
    });
  }
});

test("a server without Kafka connector is told how to get it", async () => {
  const session = await SparkSession.open(`${spark.url}/;token=s3cret`);
  await assert.rejects(session.schemaOf(kafkaRead({ "kafka.bootstrap.servers": "127.0.0.1:1", subscribe: "t" })), {
    code: "SPARK_CONNECTOR_MISSING",
    message: /start it with --packages org\.apache\.spark:spark-sql-kafka-0-10_2\.13:4\.2\.0$/,
  });
  await session.close();
});

test("TLS to a server that has none, and a certificate that nobody vouches for, are told apart", async () => {
  await assert.rejects(SparkSession.open(`${spark.url}/;use_ssl=true`), {
    code: "TLS_MISMATCH",
    message: /does not speak TLS/,
  });
  const folder = mkdtempSync(join(tmpdir(), "dstream-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  await outputOf("openssl", [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    key,
    "-out",
    cert,
    "-days",
    "2",
    ...names,
  ]);
  const options = { key: readFileSync(key), cert: readFileSync(cert), ALPNProtocols: ["h2"] };
  const terminator = createServer(options, (client) => {
    const server = connect(Number(new URL(spark.url).port), "127.0.0.1");
    for (const socket of [client, server]) socket.on("error", () => {});
    client.pipe(server).pipe(client);
  }).listen(0, "127.0.0.1");
  try {
    await once(terminator, "listening");
    const master = `sc://127.0.0.1:${(terminator.address() as AddressInfo).port}/;use_ssl=true;token=s3cret`;
    await assert.rejects(SparkSession.open(master), {
      code: "TLS_MISMATCH",
      message: /is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
    });
    const program = "test/spark/programs/run-one-query.ts";
    const trusting = await outputOf("env", [
      `NODE_EXTRA_CA_CERTS=${cert}`,
      process.execPath,
      "--conditions=development",
      program,
      master,
    ]);
    assert.equal(trusting.trim(), "Spark 4.2.0: 1000 rows");
  } finally {
    terminator.close();
    rmSync(folder, { recursive: true });
  }
});
