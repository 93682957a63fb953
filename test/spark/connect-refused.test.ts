import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createServer } from "node:tls";
import { EmbeddedBroker } from "dstream/broker";
import { kafkaRead } from "../../src/cluster/spark/connect/plan/relations.ts";
import { SparkSession } from "../../src/cluster/spark/connect/session/spark-session.ts";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { thisProcess } from "../../src/runtime/process/this-process.ts";
import { fromSources } from "../support/from-sources.ts";
import { outputOf } from "../support/processes.ts";
import { sparkReleaseOf, testedRelease, testedSpark } from "../support/spark/spark-releases.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { faultJobs } from "./jobs/fault-jobs.ts";
import { kafkaJobs } from "./jobs/kafka-jobs.ts";

// A server without Kafka connector that asks for a token and runs tasks twice when they are slow.

let spark: SparkServer;

before(async () => {
  spark = await startSpark({
    mode: "local",
    kafkaConnector: false,
    conf: { "spark.connect.authenticate.token": "s3cret", "spark.speculation": "true" },
  });
});

after(async () => {
  await SharedSession.closeAll();
  await spark?.stop();
});

const { scala, version, asksForTokens } = sparkReleaseOf(testedSpark());
const toldConnector = new RegExp(
  `start it with --packages org\\.apache\\.spark:spark-sql-kafka-0-10_${scala}:${version}$`,
);

const master = (): string => `${spark.url}/;token=s3cret`;

test("without or with another token the server refuses, and the message shows none", {
  skip: asksForTokens ? false : `Spark ${version} asks for none itself`,
}, async () => {
  for (const master of [spark.url, `${spark.url}/;token=gu3ssed`]) {
    await assert.rejects(SparkSession.open(master), (error: Error & { code: string }) => {
      assert.equal(error.code, "SPARK_AUTHENTICATION_FAILED");
      assert.doesNotMatch(`${error.stack}${(error.cause as Error).stack}`, /gu3ssed|s3cret/);
      return true;
    });
  }
});

test("the server's own key may come from a function, which is asked again when the server refuses it", {
  skip: asksForTokens ? false : `Spark ${version} asks for none itself`,
}, async () => {
  const given = ["gu3ssed", "s3cret"];
  const session = await SparkSession.open(spark.url, {
    connection: { token: () => given.shift() ?? "asked too often" },
  });
  assert.equal(session.sparkVersion, testedRelease());
  await session.close();
  assert.deepEqual(given, []);
});

test("a server without Kafka connector is told how to get it", async () => {
  const session = await SparkSession.open(`${spark.url}/;token=s3cret`);
  await assert.rejects(session.schemaOf(kafkaRead({ "kafka.bootstrap.servers": "127.0.0.1:1", subscribe: "t" })), {
    code: "SPARK_CONNECTOR_MISSING",
    message: toldConnector,
  });
  await session.close();
});

test("TLS to a server that has none, and a certificate that nobody vouches for, are told apart", async () => {
  await assert.rejects(SparkSession.open(`${spark.url}/;use_ssl=true`), {
    code: "SPARK_TLS_MISMATCH",
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
      code: "SPARK_TLS_MISMATCH",
      message:
        /is signed by itself alone: give it as spark\.tls\.ca, .*NODE_EXTRA_CA_CERTS names \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
    });
    const program = "test/spark/programs/run-one-query.ts";
    const trusting = await outputOf("env", [
      `NODE_EXTRA_CA_CERTS=${cert}`,
      process.execPath,
      fromSources,
      program,
      master,
    ]);
    assert.equal(trusting.trim(), `Spark ${testedRelease()}: 1000 rows`);
  } finally {
    terminator.close();
    rmSync(folder, { recursive: true });
  }
});

test("a job that reads Kafka from a server without connector is told how to get it", async () => {
  const broker = await EmbeddedBroker.start();
  thisProcess.runOptions = { brokers: [broker.bootstrapServers] };
  await broker.createTopic("unread");
  try {
    await assert.rejects(kafkaJobs.start("values", "unread", { master: master() }), {
      code: "SPARK_CONNECTOR_MISSING",
      message: toldConnector,
    });
  } finally {
    await broker.stop();
  }
});

test("a job with state is refused where Spark may run a task twice at a time", async (t) => {
  const job = faultJobs.start("workerKilledReading", temporaryDirectory(t), {
    master: master(),
    checkpointDir: temporaryDirectory(t),
  });
  await assert.rejects(job, {
    code: "NOT_SUPPORTED",
    message: /spark\.speculation is on; a job with state needs it off/,
  });
});
