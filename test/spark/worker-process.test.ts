import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmdirSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { BatchBuilder } from "../../src/cluster/spark/arrow/write/batch-builder.ts";
import { intFrame, stringFrame } from "../../src/cluster/spark/worker/protocol/framing.ts";
import { version } from "../../src/version.ts";
import { processGone } from "../support/process-gone.ts";
import { describe, EchoDaemon, rows, secret, startEchoWorker, WorkerPeer } from "../support/spark-peer.ts";

const someRows = rows(
  [
    { name: "id", type: "int64" },
    { name: "text", type: "utf8" },
  ],
  [
    [1, "one"],
    [2, null],
  ],
);

/** For tests that leave it as it is. */
let daemon: EchoDaemon;
before(async () => {
  daemon = await EchoDaemon.start({ nodeOptions: ["--expose-gc"] });
});
after(() => daemon[Symbol.asyncDispose]());

const closed = async (socket: Socket): Promise<void> => void (socket.closed || (await once(socket, "close")));

for (const framing of ["4.2", "4.3"] as const) {
  test(`a worker learns which task it runs, framed as Spark ${framing} does`, async () => {
    const worker = await daemon.worker();
    const answer = await worker.run({ command: "count", framing }, someRows);
    const seen = JSON.parse(String(answer.rows?.[0]?.text));
    assert.deepEqual(seen, {
      count: 2,
      pid: worker.pid,
      partitionId: 3,
      attemptNumber: 1,
      stageId: 7,
      sparkVersion: framing,
    });
  });
}

test("one worker serves 300 tasks without keeping memory, handles or listeners", async () => {
  const worker = await daemon.worker();
  const usage = async (): Promise<Record<string, number>> =>
    (await worker.run({ command: "usage" })).rows?.[0] as Record<string, number>;
  const runTasks = async (): Promise<void> => {
    for (let i = 0; i < 150; i++) {
      const answer = await worker.run({ command: "echo" }, someRows);
      assert.deepEqual(answer.rows, [
        { id: 1, text: "one" },
        { id: 2, text: null },
      ]);
    }
  };
  await runTasks();
  const before = await usage();
  await runTasks();
  const after = await usage();
  assert.deepEqual([after.resources, after.listeners], [before.resources, before.listeners]);
  const grownBytes = (after.heapBytes as number) - (before.heapBytes as number);
  assert.ok(grownBytes < 300_000, `the heap grew by ${grownBytes} bytes`);
});

test("without reuse a worker ends after its task, and the next connection gets another", async () => {
  await using daemon = await EchoDaemon.start({ reuse: false });
  const first = await daemon.worker();
  await first.run({ command: "echo" }, someRows);
  await closed(first.socket);
  const second = await daemon.worker();
  assert.notEqual(second.pid, first.pid);
});

test("a kill request ends that worker, also one that never yields, and no other process", async () => {
  await using daemon = await EchoDaemon.start();
  const [spinning, idle] = [await daemon.worker(), await daemon.worker()];
  spinning.socket.write(describe({ command: "spin" }));
  await daemon.printed("spinning");
  // The test's own process is none of the daemon's workers.
  daemon.kill(process.pid);
  daemon.kill(spinning.pid);
  await closed(spinning.socket);
  assert.deepEqual((await idle.run({ command: "silence" })).error, undefined);
});

test("the daemon ends with its stdin, and its workers and its domain socket's file with it", async () => {
  const socketDir = mkdtempSync(join(tmpdir(), "dstream-"));
  await using daemon = await EchoDaemon.start({ socketDir });
  const worker = await daemon.worker();
  worker.socket.write(describe({ command: "spin" }));
  await daemon.printed("spinning");
  assert.ok(existsSync(daemon.socketPath));
  daemon.process.stdin?.end();
  const [code] = await once(daemon.process, "exit");
  await closed(worker.socket);
  assert.deepEqual([code, existsSync(daemon.socketPath)], [0, false]);
  rmdirSync(socketDir);
});

test("a daemon ends once nothing has been connected for a while, but not while a worker waits in Spark's pool", async () => {
  const idleMs = 300;
  await using daemon = await EchoDaemon.start({ env: { DSTREAM_WORKER_IDLE_MS: String(idleMs) } });
  const pooled = await daemon.worker();
  await delay(2 * idleMs);
  assert.equal((await pooled.run({ command: "silence" })).error, undefined);
  pooled.socket.end();
  const [code] = await once(daemon.process, "exit");
  assert.equal(code, 0);
});

test("a task that fails tells what, where and in which form the driver gets it; the worker is not used again", async () => {
  const worker = await daemon.worker();
  const { error } = await worker.run({ command: "fail" }, someRows);
  const [first, wire, ...stack] = error?.split("\n") ?? [];
  assert.equal(first, "TypeError: failed as it was told");
  assert.match(wire as string, /^DSTREAM-ERROR:\{"name":"TypeError","message":"failed as it was told"/);
  assert.match(stack.join("\n"), /at fail \(.*spark-echo-worker\.ts:\d+:\d+\)/);
  await closed(worker.socket);
});

test("a task may fail behind rows that it has sent", async () => {
  const answer = await (await daemon.worker()).run({ command: "failLate" }, someRows);
  assert.deepEqual(answer.rows, [{ text: "sent" }]);
  assert.match(answer.error ?? "", /^TypeError: failed as it was told\n/);
});

test("an error that nothing catches fails the task that runs and ends the worker, with a message in the log", async () => {
  await using daemon = await EchoDaemon.start();
  const worker = await daemon.worker();
  const { error } = await worker.run({ command: "stray" }, someRows);
  assert.match(error ?? "", /^TypeError: a stray promise\n/);
  await closed(worker.socket);
  // By way of the daemon, after the connection's end.
  await daemon.printed("an error was not caught");
  assert.match(
    daemon.log,
    new RegExp(`dstream worker ${worker.pid} ends, an error was not caught: TypeError: a stray`),
  );
  assert.equal((await (await daemon.worker()).run({ command: "silence" })).error, undefined);
});

test("a task learns that Spark closed the connection; what it prints goes to stderr, for stdout belongs to the protocol", async () => {
  await using daemon = await EchoDaemon.start();
  let stdout = "";
  daemon.process.stdout?.on("data", (chunk) => (stdout += chunk));
  const worker = await daemon.worker();
  worker.socket.write(describe({ command: "wait" }));
  await daemon.printed("waiting");
  worker.socket.destroy();
  await daemon.printed("aborted");
  await processGone(worker.pid);
  assert.equal(stdout, "");
});

test("a worker whose answer is not read ends with its connection", async () => {
  const worker = await daemon.worker();
  worker.socket.pause();
  worker.socket.write(describe({ command: "flood" }));
  worker.socket.once("readable", () => worker.socket.destroy());
  await processGone(worker.pid);
});

test("rows that come faster than a task takes them do not fill the worker's memory", async () => {
  const worker = await daemon.worker();
  const builder = new BatchBuilder([{ name: "block", type: "binary" }], "struct");
  worker.socket.write(Buffer.concat([describe({ command: "slow" }), builder.schema()]));
  for (let i = 0; i < 256; i++) {
    builder.append(new Uint8Array(2 ** 20));
    if (!worker.socket.write(Buffer.concat(builder.take()))) await once(worker.socket, "drain");
  }
  const answer = await worker.finish();
  assert.ok((answer.rows?.[0]?.mib as number) < 200, `${answer.rows?.[0]?.mib} MiB`);
});

test("rows that Spark reads slower than a task sends them do not fill the worker's memory", async () => {
  const worker = await daemon.worker();
  worker.socket.write(Buffer.concat([describe({ command: "flood" }), rows([], []).subarray(0, -8)]));
  // Time to send much more than may wait, were there no limit.
  await delay(400);
  const { rows: sent } = await worker.finish();
  assert.equal(sent?.length, 256);
  const mib = Math.max(...(sent ?? []).map((row) => row.mib as number));
  assert.ok(mib < 200, `${mib} MiB`);
});

test("a connection without the secret gets no worker to use", async () => {
  for (const wrong of [`${secret.slice(1)}1`, "", "0"]) {
    const peer = new WorkerPeer(await daemon.connect());
    await peer.reader.int();
    peer.socket.write(Buffer.concat([stringFrame(wrong), describe({ command: "echo" }), someRows]));
    assert.equal(await peer.reader.string(), "err");
    await closed(peer.socket);
  }
});

test("bytes that are no task are answered with the versions that the worker knows, and the next connection works", async () => {
  const asked = await daemon.worker();
  asked.socket.write(Buffer.concat([intFrame(0), intFrame(-5)]));
  assert.match(
    (await asked.finish()).error ?? "",
    /^\[SPARK_VERSION_UNSUPPORTED\] .*it knows Spark 3\.5, 4\.0, 4\.1, 4\.2, 4\.3\n/,
  );
  const noise = await daemon.worker();
  noise.socket.end(Buffer.from("GET / HTTP/1.1\r\n\r\n".repeat(10)));
  await closed(noise.socket);
  assert.equal((await (await daemon.worker()).run({ command: "silence" })).error, undefined);
});

test("an input that is no Arrow stream fails the task", async () => {
  const answer = await (await daemon.worker()).run({ command: "echo" }, Buffer.alloc(64, 1));
  assert.match(answer.error ?? "", /^ArrowError: no Arrow message begins with 0101010101010101\n/);
});

for (const over of ["TCP", "a domain socket"] as const) {
  test(`a worker without a daemon connects back over ${over}, serves one task and ends`, async () => {
    const directory = mkdtempSync(join(tmpdir(), "dstream-"));
    const server = createServer();
    server.listen(over === "TCP" ? { host: "127.0.0.1", port: 0 } : { path: join(directory, "spark.sock") });
    await once(server, "listening");
    const address = server.address();
    const env =
      typeof address === "string"
        ? { PYTHON_WORKER_FACTORY_SOCK_PATH: address }
        : { PYTHON_WORKER_FACTORY_PORT: String(address?.port) };
    const worker = startEchoWorker(["-m", "pyspark.worker"], { env });
    const exited = once(worker, "exit");
    const [socket] = (await once(server, "connection")) as [Socket];
    const peer = new WorkerPeer(socket);
    if (over === "TCP") {
      assert.equal(await peer.reader.string(), secret);
      socket.write(stringFrame("ok"));
    }
    assert.equal(await peer.reader.int(), worker.pid);
    assert.equal((await peer.run({ command: "echo" }, someRows)).rows?.length, 2);
    socket.end();
    assert.deepEqual(await exited, [0, null]);
    server.close();
    rmdirSync(directory);
  });
}

test("the program says what it is when asked, and refuses what it does not stand in for", async () => {
  const check = startEchoWorker(["--self-check"], {});
  let text = "";
  check.stdout?.on("data", (chunk) => (text += chunk));
  assert.deepEqual(await once(check, "close"), [0, null]);
  const platform = `${process.platform}-${process.arch}`;
  assert.deepEqual(JSON.parse(text), { dstream: version, node: process.version, platform });
  const other = startEchoWorker(["-m", "pyspark.sql.worker.analyze_udtf"], {});
  assert.deepEqual(await once(other, "close"), [2, null]);
});
