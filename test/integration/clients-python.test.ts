import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fresh } from "../cases/broker/case.ts";
import { brokerKinds } from "../support/broker-kinds.ts";
import { pythonClient } from "../support/client-programs.ts";
import type { RealKafka } from "../support/real-kafka.ts";

// confluent-kafka is librdkafka.
const clients = ["confluent-kafka", "kafka-python", "aiokafka"];

for (const [kind, start] of Object.entries(brokerKinds)) {
  describe(`Python's clients with ${kind}`, () => {
    let broker: RealKafka;
    before(async () => {
      broker = await start();
    });
    after(() => broker.stop());

    for (const client of clients) {
      test(`${client} sends and reads, rebalances a group, runs transactions, and administrates`, async () => {
        const said = await pythonClient(client, broker.brokers, `${fresh(client)}-`);
        assert.equal(said, "records: ok\ngroups: ok\ntransactions: ok\nadministration: ok\n");
      });
    }
  });
}
