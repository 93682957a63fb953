import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { SparkConnectionOptions } from "../../src/cluster/spark/connect/connection-options.ts";
import { sqlExpression } from "../../src/cluster/spark/connect/plan/expressions.ts";
import { project } from "../../src/cluster/spark/connect/plan/relations.ts";
import { SparkSession } from "../../src/cluster/spark/connect/session/spark-session.ts";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { World } from "../support/exactly-once/world.ts";
import { freePort } from "../support/free-port.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { selfSigned, signedBy } from "../support/self-signed.ts";
import { sleepColumn, sqlRows } from "../support/spark/sql-rows.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";
import { type EarlyEnd, TlsProxy } from "../support/spark/tls-proxy.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// A Connect server as people have it: behind a proxy with TLS, a private authority, client certificates, a token and headers, and with the
// proxy's faults.

const authority = selfSigned();
const tls = { ca: authority.cert, ...signedBy(authority) };

let spark: SparkServer;

before(async () => {
  const conf = {
    // Results come in pieces of some 200 KB.
    "spark.connect.grpc.arrow.maxBatchSize": "300k",
  };
  spark = await startSpark({ mode: "local", conf });
});

after(async () => {
  await SharedSession.closeAll();
  await spark?.stop();
});

interface Way {
  readonly proxy: TlsProxy;
  /** Before the other one: what breaks here breaks TLS at any byte. */
  readonly link: TcpProxy;
  readonly master: string;
}

async function way(t: TestContext): Promise<Way> {
  const target = Number(new URL(spark.url).port);
  const proxy = await TlsProxy.start(target, { ...signedBy(authority), clientCa: authority.cert });
  const link = await TcpProxy.start(proxy.port);
  t.after(async () => {
    await link[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });
  return { proxy, link, master: `sc://localhost:${link.port}` };
}

async function opened(t: TestContext, { master }: Way, connection: SparkConnectionOptions = { tls }) {
  const session = await SparkSession.open(master, { connection });
  t.after(() => session.close());
  return session;
}

/** About 10 MB; every row says its number. */
const rowsMax = 20_000;
const numbered = project(sqlRows(`explode(sequence(1, ${rowsMax})) as n`, "repeat('x', 500) as s"), [
  sqlExpression("concat('<', n, '>', s)"),
]);

async function numbersOf(session: SparkSession, onBatch: () => unknown = () => {}): Promise<number[]> {
  const numbers: number[] = [];
  await session.execute(numbered, {
    onBatch: async (data) => {
      const text = Buffer.from(data).toString("latin1");
      for (const [, digits] of text.matchAll(/<(\d+)>/g)) numbers.push(Number(digits));
      await onBatch();
    },
  });
  return numbers;
}

const all = Array.from({ length: rowsMax }, (_, index) => index + 1);

suite("behind a proxy", { concurrency: true }, () => {
  test("every request has the token and the headers, and rows come whole", async (t) => {
    const there = await way(t);
    const session = await opened(t, there, { tls, token: async () => "t1", headers: { "X-Tenant": "shop" } });
    assert.deepEqual(await numbersOf(session), all);
    await session.addArtifacts([{ name: "files/seen-1a2b", bytes: new Uint8Array(1_000_000) }]);
    const methods = new Set(there.proxy.seen.map(({ method }) => method));
    for (const method of ["AnalyzePlan", "ExecutePlan", "AddArtifacts"]) assert.ok(methods.has(method), method);
    for (const { headers } of there.proxy.seen)
      assert.deepEqual([headers.authorization, headers["x-tenant"]], ["Bearer t1", "shop"]);
  });

  for (const seed of [1, 2]) {
    test(`TLS that is cut at any byte costs and doubles no row (seed ${seed})`, async (t) => {
      const there = await way(t);
      const session = await opened(t, there);
      const random = seededRandom(seed);
      const before = there.link.connections;
      for (let at = 0, cut = 0; cut < 10; cut++) {
        at += 1 + random(1_500_000);
        there.link.cutAfter(at, random(2) === 0 ? "reset" : "end");
      }
      assert.deepEqual(await numbersOf(session), all);
      assert.ok(there.link.connections >= before + 5, `${there.link.connections - before} connections`);
    });
  }

  for (const how of ["reset", "without-trailers"] as const satisfies EarlyEnd[]) {
    test(`streams that end early (${how}) cost and double no row`, async (t) => {
      const there = await way(t);
      const session = await opened(t, there);
      there.proxy.early = { how, afterBytes: 1_000_000 };
      assert.deepEqual(await numbersOf(session), all);
      assert.ok(there.proxy.earlyEnds >= 3, `${there.proxy.earlyEnds} streams`);
    });
  }

  test("connections that are closed when idle are opened again without a word", async (t) => {
    const there = await way(t);
    there.proxy.idleMs = 100;
    const session = await opened(t, there);
    for (let i = 0; i < 3; i++) {
      await delay(300);
      await session.setConfig({ "spark.sql.shuffle.partitions": "3" });
    }
    assert.ok(there.proxy.connections >= 4, `${there.proxy.connections} connections`);
  });

  test("a proxy that freezes is left, and the query goes on by another connection", async (t) => {
    const there = await way(t);
    const session = await opened(t, there);
    const before = there.link.connections;
    let batches = 0;
    const rows = numbersOf(session, () => {
      if (++batches === 3) there.link.freeze();
    });
    // Longer than 15 s until a ping, and 10 s for its answer.
    const until = performance.now() + 60_000;
    while (there.link.connections === before && performance.now() < until) await delay(100);
    assert.ok(there.link.connections > before, "another connection");
    there.link.thaw();
    assert.deepEqual(await rows, all);
  });

  test("a token that runs out in the middle of a query is asked for again", async (t) => {
    const there = await way(t);
    let [wanted, asked] = ["t1", 0];
    there.proxy.takes = (token) => token === wanted;
    const token = (): string => {
      asked++;
      return wanted;
    };
    const session = await opened(t, there, { tls, token });
    const query = session.execute(sqlRows(sleepColumn(3_000)), { onBatch: () => {} });
    await delay(500);
    wanted = "t2";
    there.link.cut();
    await query;
    await session.setConfig({ a: "1" });
    // Once at the start, and once at the connection after the cut.
    assert.equal(asked, 2);
    // The connection stays, and the token is another.
    wanted = "t3";
    assert.deepEqual(await numbersOf(session), all);
    assert.equal(asked, 3);
    assert.ok(there.proxy.seen.some(({ refusedWith }) => refusedWith === 401));
  });

  test("who does not believe the client's certificate is told apart from who asks for one", async (t) => {
    const folder = temporaryDirectory(t);
    const files = { "ca.pem": authority.cert, "cert.pem": signedBy(authority).cert };
    const own = signedBy(authority);
    for (const [name, text] of Object.entries({ ...files, "cert.pem": own.cert, "key.pem": own.key }))
      writeFileSync(join(folder, name), text);
    const port = await freePort();
    const flags = ["-accept", `127.0.0.1:${port}`, "-alpn", "h2", "-Verify", "1", "-verify_return_error"];
    const pems = ["-CAfile", "ca.pem", "-cert", "cert.pem", "-key", "key.pem"];
    const server = spawn("openssl", ["s_server", ...flags, ...pems], {
      cwd: folder,
      stdio: ["pipe", "pipe", "ignore"],
    });
    t.after(() => ended(server));
    for await (const line of server.stdout) if (String(line).includes("ACCEPT")) break;
    const stranger = { ca: authority.cert, ...signedBy(selfSigned()) };
    for (const [given, message] of [
      [{ ca: authority.cert }, /asks for a certificate of the client/],
      [stranger, /refused the client's certificate; give one that is valid/],
    ] as const) {
      await assert.rejects(SparkSession.open(`sc://localhost:${port}`, { connection: { tls: given } }), {
        code: "SPARK_AUTHENTICATION_FAILED",
        message,
      });
    }
  });
});

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

const jobFile = new URL("../support/exactly-once/running-totals-worker.ts", import.meta.url);

test("a job whose token is good for 8 requests, through a proxy that fails in every way, is exactly-once", async (t) => {
  const there = await way(t);
  const world = await World.make(t, 120);
  const uses = new Map<string | undefined, number>();
  let serial = 0;
  there.proxy.takes = (token) => {
    if (token !== `t${serial}`) return false;
    const used = (uses.get(token) ?? 0) + 1;
    uses.set(token, used);
    if (used === 8) serial++;
    return true;
  };
  let asked = 0;
  const token = async (): Promise<string> => {
    asked++;
    return `t${serial}`;
  };
  const onSpark = { master: there.master, jobFile, maxRatePerPartition: 10, spark: { tls, token } };
  await world.run(9, onSpark, async () => {
    let tick = 0;
    const faults = setInterval(() => {
      there.proxy.status = tick % 3 === 0 ? 503 : undefined;
      if (tick++ % 3 === 1) there.link.cut();
    }, 1_000);
    t.after(() => clearInterval(faults));
  });
  await world.checkOutput();
  const refused = (status: number) => there.proxy.seen.filter(({ refusedWith }) => refusedWith === status).length;
  t.diagnostic(`${asked} tokens, ${refused(401)} × 401, ${refused(503)} × 503, ${there.proxy.connections} connections`);
  assert.ok(refused(401) >= 1 && refused(503) >= 1, "it was not disturbed enough");
});

test("a job whose upload is larger than the proxy lets through ends at its start, with the size and the setting", async (t) => {
  const there = await way(t);
  there.proxy.bodyBytesMax = 1_000_000;
  const world = await World.make(t, 1);
  await assert.rejects(world.run(1, { master: there.master, jobFile, spark: { tls } }), {
    code: "SPARK_REQUEST_TOO_LARGE",
    message: /lets no request of \d{2}\.\d MB through; raise its limit .*client_max_body_size/,
  });
});
