import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { setImmediate as immediate } from "node:timers/promises";
import { StreamingContext } from "../../streaming/context/streaming-context.ts";
import { ManualClock } from "../../testing/manual-clock.ts";

test("lines from a socket come in order, and a graceful stop runs those that were received", async () => {
  const received = Promise.withResolvers<void>();
  const server = createServer((socket) =>
    socket.write("eins\nzw", () => socket.write("ei\r\ndrei", () => received.resolve())),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "socket", batchInterval: 1_000, clock });
  const lines: string[] = [];
  ssc.socketTextStream("127.0.0.1", (server.address() as { port: number }).port).foreachRDD(async (rdd) => {
    lines.push(...(await rdd.collect()));
  });
  const connected = new Promise<void>((resolve) => ssc.addStreamingListener({ onReceiverStarted: () => resolve() }));
  await ssc.start();
  await connected;
  await received.promise;
  // The last bytes are on their way within the same machine; batches are taken until the two whole lines are there.
  while (lines.length < 2) {
    await immediate();
    await clock.advance(1_000);
  }
  await ssc.stop({ stopGracefully: true });
  server.close();
  assert.deepEqual(lines, ["eins", "zwei", "drei"]);
});

test("a converter makes rows of a connection's bytes; when the connection ends it is made again after 2 s", async () => {
  const connections: Socket[] = [];
  const connected = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const server = createServer((socket) => {
    connections.push(socket);
    socket.end(Uint8Array.of(connections.length, 10));
    connected[connections.length - 1]?.resolve();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "socket", batchInterval: 1_000, clock });
  const rows: number[] = [];
  const stream = ssc.socketStream("127.0.0.1", port, async function* (bytes) {
    for await (const chunk of bytes) yield* chunk;
  });
  stream.foreachRDD(async (rdd) => void rows.push(...(await rdd.collect())));
  const events: string[] = [];
  const stopped = Promise.withResolvers<void>();
  ssc.addStreamingListener({
    onReceiverStarted: ({ receiverInfo }) => void events.push(`started ${receiverInfo.name}`),
    onReceiverStopped: ({ receiverInfo }) => {
      events.push(`stopped: ${receiverInfo.lastErrorMessage}`);
      stopped.resolve();
    },
  });
  await ssc.start();
  await stopped.promise;
  await clock.advance(1_000);
  assert.deepEqual(rows, [1, 10]);
  await clock.advance(1_000);
  await connected[1]?.promise;
  while (rows.length < 4) {
    await immediate();
    await clock.advance(10);
  }
  assert.deepEqual(rows, [1, 10, 2, 10]);
  assert.deepEqual(events.slice(0, 3), [
    `started socketStream 127.0.0.1:${port}`,
    `stopped: the connection to 127.0.0.1:${port} ended; connecting again in 2 s`,
    `started socketStream 127.0.0.1:${port}`,
  ]);
  await ssc.stop();
  server.close();
});

test("a server that is not there is tried again, and listeners hear why", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const ssc = new StreamingContext({ appName: "socket", batchInterval: 1_000, clock: new ManualClock() });
  ssc.socketTextStream("127.0.0.1", port).foreachRDD(() => {});
  const message = new Promise((resolve) => {
    ssc.addStreamingListener({ onReceiverStopped: ({ receiverInfo }) => resolve(receiverInfo.lastErrorMessage) });
  });
  await ssc.start();
  assert.match(String(await message), /connecting again in 2 s: connect ECONNREFUSED/);
  await ssc.stop();
});

test("Spark's storage level is accepted, other options are not", () => {
  const ssc = new StreamingContext({ appName: "socket", batchInterval: 1_000 });
  ssc.socketTextStream("localhost", 9_999, { storageLevel: "MEMORY_AND_DISK_SER" });
  const badLevel = { storageLevel: "HEAP" as "NONE" };
  assert.throws(() => ssc.socketTextStream("localhost", 9_999, badLevel), {
    code: "INVALID_OPTION",
    message: /socketTextStream's storageLevel must be one of NONE, .*, not HEAP/,
  });
  const misspelt = { level: "NONE" } as object;
  assert.throws(() => ssc.socketTextStream("localhost", 9_999, misspelt), { code: "UNKNOWN_OPTION" });
  assert.throws(() => ssc.socketTextStream("localhost", 0), { code: "INVALID_OPTION", message: /port/ });
});
