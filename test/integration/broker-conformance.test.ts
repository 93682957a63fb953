import { after, before, describe, test } from "node:test";
import { runCase } from "../cases/broker/case.ts";
import { brokerCases } from "../cases/broker/cases.ts";
import { brokerKinds } from "../support/broker-kinds.ts";
import type { RealKafka } from "../support/real-kafka.ts";
import { prepareCoordinators } from "../support/wire/prepare-coordinators.ts";

// One table of cases for a real Kafka and the embedded broker: what the one does the other does.

for (const [kind, start] of Object.entries(brokerKinds)) {
  describe(`with ${kind}`, () => {
    let broker: RealKafka;
    before(async () => {
      broker = await start();
      await prepareCoordinators(broker.brokers);
    });
    after(() => broker.stop());
    for (const brokerCase of brokerCases) test(brokerCase.name, () => runCase(brokerCase, broker.brokers));
  });
}
