import { after, before, describe, test } from "node:test";
import { EmbeddedBroker } from "dstream/broker";
import { runCase } from "./broker/case.ts";
import { brokerCases } from "./broker/cases.ts";

// The cases that a real Kafka passes (test/integration/broker-conformance.test.ts), on the embedded broker alone.

describe("the embedded broker", () => {
  let broker: EmbeddedBroker;
  before(async () => {
    broker = await EmbeddedBroker.start();
  });
  after(() => broker.stop());
  for (const brokerCase of brokerCases.filter(({ isSlow }) => !isSlow))
    test(brokerCase.name, () => runCase(brokerCase, broker.bootstrapServers));
});
