import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { fetch, produce } from "../../test/support/wire/data-requests.ts";
import { batchOf } from "../../test/support/wire/records-of.ts";
import { requestFrame, WireConnection } from "../../test/support/wire/wire-connection.ts";
import { writeTopics } from "../kafka/protocol/topic-partitions.ts";
import { AnswerBudget } from "./answer-budget.ts";
import { EmbeddedBroker } from "./index.ts";

const mebibyte = 1024 * 1024;

function fetchFrame(topic: string, id: number): Buffer[] {
  return requestFrame("fetch", 12, id, (writer) => {
    writer.int32(-1).int32(0).int32(1).int32(mebibyte).int8(0).int32(0).int32(-1);
    writeTopics(writer, [{ topic, partitions: [0] }], () =>
      writer.int32(0).int32(-1).int64(0).int32(-1).int64(-1).int32(mebibyte).tags(),
    );
    writeTopics(writer, [], () => {});
    writer.string("").tags();
  });
}

test("a client that does not read its answers is not read from, and gets them all when it does", async (t) => {
  const broker = await EmbeddedBroker.start({ dir: temporaryDirectory(t) });
  await broker.createTopic("t");
  const writer = await WireConnection.open(broker.bootstrapServers);
  const value = "x".repeat(900_000);
  await produce(writer, "t", batchOf([value]));
  const silent = await WireConnection.open(broker.bootstrapServers);
  const { socket } = silent;
  socket.removeAllListeners("data");
  socket.pause();
  const before = process.memoryUsage().arrayBuffers;
  const requests = 500;
  for (let id = 0; id < requests; id++) silent.send(fetchFrame("t", id));
  // The broker serves others meanwhile.
  for (let i = 0; i < 20; i++) assert.equal((await produce(writer, "t", batchOf(["y"]))).errorCode, 0);
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < 50 * mebibyte, `${Math.round(grown / mebibyte)} MiB`);
  let bytes = 0;
  const all = new Promise<void>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes >= requests * value.length) resolve();
    });
  });
  socket.resume();
  await all;
  writer.close();
  silent.close();
  await broker.stop();
});

test("a client that sends more while its request waits is not read from meanwhile", async (t) => {
  const broker = await EmbeddedBroker.start();
  t.after(() => broker.stop());
  await broker.createTopic("t");
  const wire = await WireConnection.open(broker.bootstrapServers);
  const batch = batchOf(["x".repeat(mebibyte - 1_000)]);
  const waiting = fetch(wire, "t", 0, { maxWaitMs: 1_500 });
  const sent = Array.from({ length: 100 }, () => produce(wire, "t", batch));
  // As much as the sockets take goes in the first moments.
  for (let turn = 0; turn < 40; turn++) await delay(25);
  const left = wire.socket.writableLength;
  assert.ok(left > 50 * mebibyte, `${Math.round(left / mebibyte)} MiB are left to send`);
  assert.equal((await waiting).batches.length, 0);
  assert.ok((await Promise.all(sent)).every(({ errorCode }) => errorCode === 0));
  wire.close();
});

test("fetches get less when much is under way, and a batch in any case", () => {
  const budget = new AnswerBudget(100 * mebibyte);
  assert.equal(budget.available, 55 * mebibyte);
  budget.add(80 * mebibyte);
  assert.equal(budget.available, 20 * mebibyte);
  budget.add(30 * mebibyte);
  assert.equal(budget.available, 0);
  budget.add(-110 * mebibyte);
  assert.equal(budget.available, 55 * mebibyte);
});

test("frames that were only announced take no memory worth speaking of", async (t) => {
  const broker = await EmbeddedBroker.start();
  t.after(() => broker.stop());
  const before = process.memoryUsage().rss;
  const wires = await Promise.all(Array.from({ length: 30 }, () => WireConnection.open(broker.bootstrapServers)));
  for (const wire of wires) wire.send([Buffer.from([5, 0, 0, 0, 0, 0])]);
  const last = await WireConnection.open(broker.bootstrapServers);
  await last.request("apiVersions", 0, () => {});
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < 200 * mebibyte, `${Math.round(grown / mebibyte)} MiB`);
  for (const wire of [...wires, last]) wire.close();
});
