import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { commitOffset } from "../../../test/support/wire/group-requests.ts";
import {
  addOffsets,
  endTxn,
  initProducerId,
  txnOffsetCommit,
} from "../../../test/support/wire/transaction-requests.ts";
import { WireConnection } from "../../../test/support/wire/wire-connection.ts";
import { EmbeddedBroker } from "../../broker/embedded-broker.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { KafkaClient } from "./kafka-client.ts";
import { metadataRequest } from "./requests/metadata.ts";

let broker: EmbeddedBroker;
before(async () => {
  broker = await EmbeddedBroker.start();
  for (const topic of ["orders-a", "orders-b", "orders-c", "returns"]) await broker.createTopic(topic);
});
after(() => broker.stop());

test("a pattern finds every topic that it matches, whatever its flags", async () => {
  const client = new KafkaClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  for (const pattern of [/^orders-/, /^orders-/g, /^ORDERS-/gi]) {
    assert.deepEqual((await client.topics(pattern)).toSorted(), ["orders-a", "orders-b", "orders-c"], String(pattern));
  }
  await client.close();
});

test("a broker's topics have names that Kafka allows: they become part of queries and go to terminals", async (t) => {
  const client = new KafkaClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  const topics = ["orders", "x' THEN 0 WHEN reflect('java.lang.System', 'exit') OR '", "\u001b[2J", ""].map((name) => {
    return { errorCode: 0, name, id: "0".repeat(32), isInternal: false, partitions: [] };
  });
  t.mock.method(metadataRequest, "read", () => ({ brokers: [], controllerId: 0, topics }));
  assert.deepEqual(await client.topics(), ["orders"]);
  await client.close();
});

test("a leader of an earlier epoch than the one that is asked about is asked again: it knows nothing of what came after it", async () => {
  const client = new KafkaClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  const asked = client.epochEnds([{ topic: "returns", partition: 0, leaderEpoch: 5 }]);
  assert.equal(await Promise.race([asked, delay(250, "waits")]), "waits");
  await client.close();
  await assert.rejects(asked, { code: "ILLEGAL_STATE" });
});

test("a group's offset that an open transaction may change is waited for", async () => {
  const wire = await WireConnection.open(broker.bootstrapServers);
  const client = new KafkaClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  await commitOffset(wire, "readers", { topic: "returns", offset: 1 });
  const identity = await initProducerId(wire, "writer");
  assert.equal(await addOffsets(wire, "writer", identity, "readers"), 0);
  assert.equal(await txnOffsetCommit(wire, "writer", identity, "readers", { topic: "returns", offset: 5 }), 0);
  const asked = client.committedOffsets("readers");
  assert.equal(await Promise.race([asked, delay(50, "waits")]), "waits");
  assert.equal(await endTxn(wire, "writer", identity, true), 0);
  assert.deepEqual(
    (await asked).map(({ topic, offset }) => [topic, offset]),
    [["returns", 5]],
  );
  await client.close();
  wire.close();
});

test("a client that is closed opens no connection any more, also in the place of a broken one", async () => {
  const first = await EmbeddedBroker.start();
  const client = new KafkaClient({ brokers: [first.bootstrapServers] }, thisMachine);
  await client.topics();
  await first.stop();
  const second = await EmbeddedBroker.start({ port: Number(first.bootstrapServers.split(":")[1]) });
  // Until the client has seen that its connection is broken.
  await delay(50);
  const asked = client.topics();
  await client.close();
  await assert.rejects(asked, { code: "ILLEGAL_STATE" });
  await second.stop();
});

test("a name that no topic can have is refused before a broker is asked", async () => {
  const client = new KafkaClient({ brokers: ["127.0.0.1:1"] }, thisMachine);
  await assert.rejects(client.partitionCount("no topic"), {
    code: "INVALID_OPTION",
    message: /Topic name is invalid: 'no topic' contains/,
  });
  await client.close();
});
