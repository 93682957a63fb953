import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { setImmediate as immediate } from "node:timers/promises";
import { StreamingContext } from "../../streaming/streaming-context.ts";
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
