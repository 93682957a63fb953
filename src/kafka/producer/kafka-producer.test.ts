import assert from "node:assert/strict";
import { test } from "node:test";
import { EmbeddedBroker } from "../../broker/embedded-broker.ts";
import { runtimeKey } from "../../runtime/job-runtime.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import type { ConnectOptions } from "../../runtime/net/network.ts";
import { KafkaClient } from "../client/kafka-client.ts";
import { readRange } from "../consumer/range-reader.ts";
import { KafkaProducer } from "./kafka-producer.ts";

test("a producer goes by the clock, the randomness and the network that its options bring", async (t) => {
  const broker = await EmbeddedBroker.start();
  t.after(() => broker.stop());
  await broker.createTopic("out", { partitions: 4 });
  const connected: string[] = [];
  const connect = (options: ConnectOptions) => {
    connected.push(`${options.host}:${options.port}`);
    return thisMachine.network.connect(options);
  };
  const producer = new KafkaProducer({
    brokers: [broker.bootstrapServers],
    [runtimeKey]: {
      clock: { ...thisMachine.clock, now: () => 1_234 },
      random: { ...thisMachine.random, fraction: () => 0.6 },
      network: { ...thisMachine.network, connect },
    },
  });
  assert.deepEqual(await producer.send({ topic: "out", value: "v" }), { partition: 2, offset: 0 });
  await producer.close();
  assert.deepEqual(connected, [broker.bootstrapServers]);
  const client = new KafkaClient({ brokers: [broker.bootstrapServers] }, thisMachine);
  t.after(() => client.close());
  const range = { topic: "out", partition: 2, fromOffset: 0, untilOffset: 1 };
  for await (const { header } of readRange(client, range, { isolationLevel: "read_committed" }))
    assert.equal(header.baseTimestamp, 1_234);
});
