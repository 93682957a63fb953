import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { sqlExpression } from "../../src/cluster/spark/connect/plan/expressions.ts";
import { project } from "../../src/cluster/spark/connect/plan/relations.ts";
import { SparkSession } from "../../src/cluster/spark/connect/session/spark-session.ts";
import { sleepColumn, sqlRows } from "../support/spark/sql-rows.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";
import { type Cut, TcpProxy } from "../support/tcp-proxy.ts";

// What becomes of a query when the connection, or the server, breaks in the middle of it.

let spark: SparkServer;
let proxy: TcpProxy;

before(async () => {
  const conf = {
    // A stream ends after a second, so that every longer query needs several.
    "spark.connect.execute.reattachable.senderMaxStreamDuration": "1s",
    // Results come in pieces of some 200 KB.
    "spark.connect.grpc.arrow.maxBatchSize": "300k",
    // A query that nobody listens to is dropped within seconds.
    "spark.connect.execute.manager.detachedTimeout": "2s",
    "spark.connect.execute.manager.maintenanceInterval": "1s",
  };
  spark = await startSpark({ mode: "local", conf });
  proxy = await TcpProxy.start(portOf(spark));
});

after(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await spark?.stop();
});

const portOf = ({ url }: SparkServer): number => Number(new URL(url).port);
const openThroughProxy = (retryTimeoutMs = 30_000): Promise<SparkSession> =>
  SparkSession.open(`sc://127.0.0.1:${proxy.port}`, { retryTimeoutMs });

/** About 10 MB; every row says its number. */
const rowsMax = 20_000;
const large = sqlRows(`explode(sequence(1, ${rowsMax})) as n`, "repeat('x', 500) as s");
const numbered = project(large, [sqlExpression("concat('<', n, '>', s)")]);

async function numbersOf(session: SparkSession): Promise<number[]> {
  const numbers: number[] = [];
  await session.execute(numbered, {
    onBatch: (data) => {
      for (const [, digits] of Buffer.from(data)
        .toString("latin1")
        .matchAll(/<(\d+)>/g))
        numbers.push(Number(digits));
    },
  });
  return numbers;
}

const all = Array.from({ length: rowsMax }, (_, index) => index + 1);

for (const how of ["reset", "end"] as const satisfies Cut[]) {
  for (const bytes of [1, 50_000, 5_000_000]) {
    test(`a connection that breaks (${how}) after ${bytes} bytes of a query costs and doubles no row`, async () => {
      const session = await openThroughProxy();
      const before = proxy.connections;
      proxy.cutAfter(bytes, how);
      assert.deepEqual(await numbersOf(session), all);
      assert.equal(proxy.connections, before + 1);
      await session.close();
    });
  }
}

test("a connection that breaks again and again costs and doubles no row", async () => {
  const session = await openThroughProxy();
  const before = proxy.connections;
  for (let cut = 1; cut <= 10; cut++) proxy.cutAfter(cut * 900_000);
  assert.deepEqual(await numbersOf(session), all);
  assert.ok(proxy.connections >= before + 5, `${proxy.connections - before} connections`);
  await session.close();
});

test("an upload whose connection breaks is made again", async () => {
  const session = await openThroughProxy();
  // Where the session has to be looked at before, that takes no new connection.
  const before = proxy.connections;
  proxy.cutAfter(session.dialect.releasesSessions ? 1 : 100_000);
  const artifact = { name: "files/broken-5e6f.bin", bytes: new Uint8Array(4_000_000).fill(7) };
  assert.deepEqual(await session.addArtifacts([artifact]), [artifact.name]);
  assert.ok(proxy.connections >= before + (session.dialect.releasesSessions ? 2 : 1));
  const stored = globSync(join(spark.folder, "tmp/**/userFiles-*/**/broken-5e6f.bin"));
  assert.deepEqual(
    stored.map((path) => readFileSync(path).equals(artifact.bytes)),
    [true],
  );
  await session.close();
});

test("a query that outlives its streams and a broken connection is run once", async () => {
  const session = await openThroughProxy();
  // Spark's current_timestamp is when the query began, so that of a second run would lie behind the interruption.
  const began = "concat('began at ', unix_millis(current_timestamp())) as began";
  // The first query of its kind takes seconds until it begins.
  await session.execute(sqlRows(began, sleepColumn(1)), { onBatch: () => {} });
  let interruptedAt = 0;
  const interrupted = delay(3_000).then(() => {
    interruptedAt = Date.now();
    proxy.interrupt();
  });
  const restored = delay(4_000).then(() => proxy.restore());
  const texts: string[] = [];
  await session.execute(sqlRows(began, sleepColumn(8_000)), {
    onBatch: (data) => {
      texts.push(
        ...(Buffer.from(data)
          .toString("latin1")
          .match(/began at \d+/g) ?? []),
      );
    },
  });
  await Promise.all([interrupted, restored]);
  assert.equal(texts.length, 1);
  const beganAt = Number(texts[0]?.replace("began at ", ""));
  assert.ok(beganAt < interruptedAt, `began at ${beganAt}, interrupted at ${interruptedAt}`);
  await session.close();
});

test("a query whose connection was away for too long is to be run again", async () => {
  const session = await openThroughProxy();
  const query = session.execute(sqlRows(sleepColumn(600_000)), { onBatch: () => {} });
  await delay(1_000);
  proxy.interrupt();
  const restored = delay(6_000).then(() => proxy.restore());
  await assert.rejects(query, {
    code: "SPARK_UNREACHABLE",
    retryable: true,
    message: /no longer has the query whose connection broke/,
  });
  await restored;
  await session.close();
});

test("a server that stays away is named after the retry time", async () => {
  const session = await openThroughProxy(1_000);
  const query = session.execute(sqlRows(sleepColumn(600_000)), { onBatch: () => {} });
  await delay(1_000);
  proxy.interrupt();
  await assert.rejects(query, {
    code: "SPARK_UNREACHABLE",
    retryable: true,
    message: new RegExp(`no Spark Connect server answered the query at 127\\.0\\.0\\.1:${proxy.port}`),
  });
  proxy.restore();
  await session.close();
});

test("a server that was restarted no longer knows the session, and every call says so", async () => {
  const session = await openThroughProxy(90_000);
  await session.setConfig({ "spark.sql.shuffle.partitions": "3" });
  const query = session.execute(sqlRows(sleepColumn(600_000)), { onBatch: () => {} });
  // The server may still say that its SparkContext has stopped.
  const refused = assert.rejects(query, (error: Error & { code: string; retryable: boolean }) => {
    assert.match(error.code, /^SPARK_(SESSION_LOST|CONTEXT_STOPPED)$/);
    assert.equal(error.retryable, true);
    return true;
  });
  await delay(1_000);
  await spark.stop();
  spark = await startSpark({ mode: "local", port: portOf(spark) });
  await refused;
  const calls = [
    () => session.setConfig({ a: "1" }),
    () => session.getConfig(["a"]),
    () => session.schemaOf(numbered),
    () => session.addArtifacts([{ name: "files/a-1", bytes: Buffer.from("a") }]),
    () => session.execute(numbered, { onBatch: () => {} }),
  ];
  for (const call of calls) await assert.rejects(call(), { code: "SPARK_SESSION_LOST", message: /was restarted/ });
  await session.close();
  const next = await openThroughProxy();
  assert.deepEqual(await numbersOf(next), all);
  await next.close();
});
