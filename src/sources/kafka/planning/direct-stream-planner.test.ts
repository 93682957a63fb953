import assert from "node:assert/strict";
import { test } from "node:test";
import { RecordedLog } from "../../../../test/support/recorded-log.ts";
import { EmbeddedBroker } from "../../../broker/embedded-broker.ts";
import { DStreamError } from "../../../errors/dstream-error.ts";
import { KafkaClient } from "../../../kafka/client/kafka-client.ts";
import { KafkaProducer } from "../../../kafka/producer/kafka-producer.ts";
import { thisMachine } from "../../../runtime/machine/machine.ts";
import { DirectStreamPlanner } from "./direct-stream-planner.ts";
import { GroupClaims } from "./group-claims.ts";

test("that a topic was made anew is noticed again when the brokers went away while it was looked into", async (t) => {
  const broker = await EmbeddedBroker.start();
  const brokers = [broker.bootstrapServers];
  const fill = async (numRecords: number): Promise<void> => {
    await broker.createTopic("anew");
    const producer = new KafkaProducer({ brokers });
    for (let n = 0; n < numRecords; n++) await producer.send({ topic: "anew", value: String(n) });
    await producer.close();
  };
  await fill(2);
  const { log } = new RecordedLog();
  const planner = new DirectStreamPlanner(
    { brokers, topics: ["anew"], startingOffsets: "earliest", onOffsetOutOfRange: "earliest" },
    {
      appName: "job",
      stream: { operator: "createDirectStream", site: undefined },
      groups: new GroupClaims(false, log),
      log,
      isCheckpointed: false,
      machine: thisMachine,
      batchInterval: 1_000,
      rate: () => undefined,
    },
  );
  await planner.start(undefined);
  assert.deepEqual((await planner.plan(1_000)).ranges, [
    { topic: "anew", partition: 0, fromOffset: 0, untilOffset: 2, leaderEpoch: 0 },
  ]);
  const client = new KafkaClient({ brokers }, thisMachine);
  await client.deleteTopic("anew");
  await client.close();
  await fill(5);
  const away = new DStreamError("BROKER_UNREACHABLE", "no broker can be reached");
  const { mock } = t.mock.method(KafkaClient.prototype, "listOffsets", () => Promise.reject(away));
  await assert.rejects(planner.plan(6_000), away);
  mock.restore();
  assert.deepEqual((await planner.plan(6_000)).ranges, [
    { topic: "anew", partition: 0, fromOffset: 0, untilOffset: 5, leaderEpoch: 0 },
  ]);
  await planner.stop();
  await broker.stop();
});
