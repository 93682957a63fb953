import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { EmbeddedBroker } from "../../broker/embedded-broker.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { KafkaClient } from "../client/kafka-client.ts";
import { TransactionCalls } from "./transaction-calls.ts";

test("a marker that is about to be committed is waited for, also where its partition has had none", async (t) => {
  const broker = await EmbeddedBroker.start();
  t.after(() => broker.stop());
  await broker.createTopic("copies", { partitions: 2 });
  const client = new KafkaClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  t.after(() => client.close());
  const calls = new TransactionCalls(client, "job", 60_000);
  const places = [0, 1].map((partition) => ({ topic: "copies", partition }));
  const producer = await calls.initProducerId();
  const first = { checkpoint: "c", batch: 1_000, attempt: "a" };
  await calls.addMarker(producer, first, { topic: "copies", partition: 0 });
  await calls.commit(producer);
  const second = { checkpoint: "c", batch: 2_000, attempt: "b" };
  await calls.addMarker(producer, second, { topic: "copies", partition: 1 });
  const asked = calls.marker(places);
  assert.equal(await Promise.race([asked, delay(50, "waits")]), "waits");
  await calls.commit(producer);
  assert.deepEqual(await asked, second);
});
