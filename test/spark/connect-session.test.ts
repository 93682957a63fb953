import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { EmbeddedBroker } from "dstream/broker";
import type { Relation } from "../../src/cluster/spark/connect/gen/spark-connect.ts";
import { column, sqlExpression } from "../../src/cluster/spark/connect/plan/expressions.ts";
import { kafkaRead, mapInArrow, project, union } from "../../src/cluster/spark/connect/plan/relations.ts";
import { SparkSession } from "../../src/cluster/spark/connect/session/spark-session.ts";
import { placementKeys } from "../../src/cluster/spark/versions/placement-keys.ts";
import { errorReport } from "../../src/cluster/spark/worker/protocol/error-report.ts";
import { fromSources } from "../support/from-sources.ts";
import { outputOf } from "../support/processes.ts";
import { placed } from "../support/spark/placed.ts";
import { testedRelease } from "../support/spark/spark-releases.ts";
import { sleepColumn, sqlRows } from "../support/spark/sql-rows.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";

let spark: SparkServer;
let session: SparkSession;

before(async () => {
  spark = await startSpark({ mode: "local" });
  session = await SparkSession.open(spark.url);
});

after(async () => {
  await session?.close();
  await spark?.stop();
});

/** Rows of a query, and its result as latin1 text, in which strings of rows can be found. */
async function resultOf(relation: Relation, from = session): Promise<{ rowCount: number; text: string }> {
  let [rowCount, text] = [0, ""];
  await from.execute(relation, {
    onBatch: (data, rows) => {
      rowCount += rows;
      text += Buffer.from(data).toString("latin1");
    },
  });
  return { rowCount, text };
}

test("a session knows the server's version, and keeps its settings to itself", async () => {
  assert.equal(session.sparkVersion, testedRelease());
  const other = await SparkSession.open(spark.url);
  const name = "spark.sql.shuffle.partitions";
  await session.setConfig({ [name]: "7" });
  await other.setConfig({ [name]: "3" });
  assert.deepEqual(await session.getConfig([name, "no.such.setting"]), { [name]: "7", "no.such.setting": undefined });
  assert.deepEqual(await other.getConfig([name]), { [name]: "3" });
  await other.close();
});

test("a schema is known without running anything", async () => {
  const relation = sqlRows(
    "1 as a",
    "'x' as b",
    "array(1) as c",
    "cast(1 as decimal(3, 1)) as d",
    "current_timestamp() as e",
  );
  assert.deepEqual(await session.schemaOf(relation), [
    { name: "a", type: "integer", nullable: false },
    { name: "b", type: "string", nullable: false },
    { name: "c", type: "array", nullable: false },
    { name: "d", type: "unknown", nullable: true },
    { name: "e", type: "timestamp", nullable: false },
  ]);
});

test("results of any size arrive whole, also from queries that run at once", async () => {
  const numbers = (count: number) => sqlRows(`explode(sequence(1, ${count})) as n`, "repeat('x', 100) as s");
  const counts = [1, 50_000, 3, 20_000];
  const results = await Promise.all(counts.map((count) => resultOf(numbers(count))));
  assert.deepEqual(
    results.map(({ rowCount }) => rowCount),
    counts,
  );
  const { rowCount, text } = await resultOf(
    project(sqlRows("1 as a"), [sqlExpression("explode(cast(array() as array<int>)) as n")]),
  );
  assert.deepEqual([rowCount, text.length > 0], [0, true]);
});

test("rows go to exactly the partition that their column says", async () => {
  const rows = project(placed([0, 2, 2, 0, 2], 4, session.dialect), [
    sqlExpression("concat('row', p, '@', spark_partition_id()) as place"),
  ]);
  const { rowCount, text } = await resultOf(rows);
  assert.equal(rowCount, 5);
  assert.deepEqual(text.match(/row\d@\d/g)?.sort(), ["row0@0", "row0@0", "row2@2", "row2@2", "row2@2"]);
});

test("Spark's hash leads each key to the partition that it stands for", async () => {
  for (const numPartitions of [1, 3, 64, 997]) {
    const keys = [...placementKeys(numPartitions)].join(", ");
    const rows = project(sqlRows(`posexplode(array(${keys})) as (p, key)`), [
      sqlExpression(`concat('row', p = pmod(hash(key), ${numPartitions}), '.') as isRight`),
    ]);
    assert.equal((await resultOf(rows)).text.match(/rowtrue\./g)?.length, numPartitions);
  }
});

test("a union has all rows of all inputs", async () => {
  const inputs = ["a", "b", "b"].map((value) => sqlRows(`'value-${value}' as v`));
  const { rowCount, text } = await resultOf(union(inputs));
  assert.deepEqual([rowCount, text.match(/value-\w/g)?.sort()], [3, ["value-a", "value-b", "value-b"]]);
});

test("an aborted query ends on the server, too", async () => {
  const [stop, reason] = [new AbortController(), new Error("batch timed out")];
  // Both of the server's task slots sleep for longer than this test may take.
  const sleeping = project(placed([0, 1], 2, session.dialect), [sqlExpression(sleepColumn(600_000))]);
  const query = session.execute(sleeping, { signal: stop.signal, onBatch: () => {} });
  setTimeout(() => stop.abort(reason), 1_000);
  await assert.rejects(query, (error) => error === reason);
  assert.equal((await resultOf(placed([0, 1], 2, session.dialect))).rowCount, 2);
});

test("what the receiver of a result throws ends the query", async () => {
  const refusal = new Error("too much");
  let batches = 0;
  const query = session.execute(sqlRows("explode(sequence(1, 100000)) as n", "repeat('x', 100) as s"), {
    onBatch: () => {
      batches++;
      throw refusal;
    },
  });
  await assert.rejects(query, (error) => error === refusal);
  assert.equal(batches, 1);
});

test("artifacts reach the session as they are, and travel once", async () => {
  await using proxy = await TcpProxy.start(Number(new URL(spark.url).port));
  const own = await SparkSession.open(`sc://127.0.0.1:${proxy.port}`);
  const large = Buffer.from(Array.from({ length: 200_000 }, (_, index) => `${index * 7919}`).join(" "));
  const artifacts = [
    { name: "files/small-1a2b.txt", bytes: Buffer.from("small") },
    { name: "files/large-3c4d.txt", bytes: large },
  ];
  assert.deepEqual(await own.addArtifacts(artifacts), ["files/small-1a2b.txt", "files/large-3c4d.txt"]);
  const uploaded = proxy.sentBytes;
  assert.ok(uploaded > large.length);
  assert.deepEqual(await own.addArtifacts(artifacts), []);
  assert.equal(proxy.sentBytes, uploaded);
  // The same content again, as after a reply that was lost, is no failure.
  const again = await SparkSession.open(`${spark.url}/;session_id=${own.id}`);
  assert.equal((await again.addArtifacts(artifacts)).length, 2);
  const stored = (name: string) =>
    globSync(join(spark.folder, "tmp/**/userFiles-*/**", name)).map((path) => readFileSync(path));
  assert.deepEqual(stored("small-1a2b.txt"), [Buffer.from("small")]);
  assert.deepEqual(stored("large-3c4d.txt"), [large]);
  await own.close();
});

test("a program that has closed its session ends by itself", async () => {
  const program = "test/spark/programs/run-one-query.ts";
  const output = await outputOf(process.execPath, [fromSources, program, spark.url]);
  assert.equal(output.trim(), `Spark ${testedRelease()}: 1000 rows`);
});

test("a closed session is closed on the server", async () => {
  const own = await SparkSession.open(spark.url);
  await own.close();
  await assert.rejects(SparkSession.open(`${spark.url}/;session_id=${own.id}`), { code: "SPARK_SESSION_LOST" });
});

test("Spark's own message is the cause, and the data it may quote is not in ours", async () => {
  // Strict casts are the default from Spark 4.0 on.
  await session.setConfig({ "spark.sql.ansi.enabled": "true" });
  await assert.rejects(resultOf(sqlRows("cast('s3cret' as int)")), (error: Error & { code: string; data: object }) => {
    assert.equal(error.message, "[SPARK_QUERY_FAILED] Spark failed at the query: CAST_INVALID_INPUT");
    assert.match((error.cause as Error).message, /The value 's3cret' .* cannot be cast to "INT"/);
    assert.equal((error.cause as Error).name, "SparkNumberFormatException");
    return true;
  });
});

test("a worker's error comes back whole, however long Spark makes its text", async () => {
  const thrown = new TypeError(`no b please ${"x".repeat(10_000)}`);
  const { errorCharactersMax } = session.dialect;
  const literal = `'\\n${errorReport(thrown, errorCharactersMax).replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;
  await assert.rejects(resultOf(sqlRows(`raise_error(${literal})`)), (error: Error & { code: string }) => {
    assert.equal(error.code, "USER_FUNCTION_FAILED");
    const cause = error.cause as Error;
    assert.equal(cause.name, "TypeError");
    if (errorCharactersMax === undefined)
      assert.deepEqual([cause.message, cause.stack], [thrown.message, thrown.stack]);
    else assert.match(cause.message, /^no b please x{50,}…$/);
    return true;
  });
});

test("a worker that executors can't start is named with the reason, and not tried again", async () => {
  const own = await SparkSession.open(spark.url);
  const relation = mapInArrow(sqlRows("1 as a"), {
    command: new Uint8Array(),
    inputColumns: ["a"],
    dialect: own.dialect,
    outputFields: [{ name: "b", type: "binary" }],
  });
  const reasons = {
    "/there/is/no/worker": /error=2, No such file or directory/,
    "/bin/false": /cannot start the worker;/,
  };
  for (const [program, message] of Object.entries(reasons)) {
    await own.setConfig({ "spark.sql.execution.pyspark.python": program });
    await assert.rejects(resultOf(relation, own), { code: "WORKER_DIED", retryable: false, message });
  }
  await own.close();
});

test("Kafka's failures have the codes that they have on the embedded engine", async () => {
  const broker = await EmbeddedBroker.start();
  await broker.createTopic("there");
  const read = (topic: string, partition: number, from: number, until: number) => {
    const offsets = (offset: number) => JSON.stringify({ [topic]: { [partition]: offset } });
    const source = kafkaRead({
      "kafka.bootstrap.servers": broker.bootstrapServers,
      assign: JSON.stringify({ [topic]: [partition] }),
      startingOffsets: offsets(from),
      endingOffsets: offsets(until),
      "kafkaConsumer.pollTimeoutMs": "5000",
      "kafka.default.api.timeout.ms": "5000",
      "kafka.request.timeout.ms": "5000",
      "fetchOffset.numRetries": "1",
    });
    return resultOf(project(source, [column("value")]));
  };
  try {
    assert.equal((await read("there", 0, 0, 0)).rowCount, 0);
    await assert.rejects(read("missing", 0, 0, 1), { code: "TOPIC_NOT_FOUND" });
    await assert.rejects(
      read("there", 7, 0, 1),
      session.dialect.tellsCauses
        ? { code: "TOPIC_NOT_FOUND", message: /a partition of there-7 of the batch does not exist/ }
        : { code: "SPARK_QUERY_FAILED" },
    );
    await assert.rejects(read("there", 0, 5, 9), {
      code: "OFFSET_OUT_OF_RANGE",
      message: session.dialect.tellsCauses
        ? /of the offsets 5 to 9 of there-0 some are not in the log/
        : /offsets are not in the log/,
    });
  } finally {
    await broker.stop();
  }
  await assert.rejects(read("there", 0, 0, 1), { code: "BROKER_UNREACHABLE", retryable: true });
});
