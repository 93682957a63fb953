import assert from "node:assert/strict";
import { test } from "node:test";
import { EmbeddedBroker } from "../../broker/embedded-broker.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { KafkaResources } from "./kafka-resources.ts";

test("resources are closed at once, also when their brokers are away and records are on their way", {
  timeout: 10_000,
}, async () => {
  const broker = await EmbeddedBroker.start();
  const brokers = [broker.bootstrapServers];
  await broker.createTopic("known");
  const resources = new KafkaResources(thisMachine);
  const producer = resources.producer({ id: 0, sink: { connection: { brokers }, producer: {} } }, 1_000);
  await producer.append({ topic: "known", value: "sent" });
  await producer.flush();
  await broker.stop();
  void producer.append({ topic: "known", value: "lost" });
  void producer.append({ topic: "unknown", value: "lost" });
  const flushed = assert.rejects(producer.flush(), { code: "ILLEGAL_STATE" });
  await resources.close();
  await flushed;
});
