import { EmbeddedBroker } from "dstream/broker";
import { type RealKafka, startRealKafka } from "./real-kafka.ts";

/** What the integration tests run against: a real Kafka and the embedded broker. */
export const brokerKinds: Readonly<Record<string, () => Promise<RealKafka>>> = {
  "Apache Kafka": () => startRealKafka(),
  "the embedded broker": async () => {
    const broker = await EmbeddedBroker.start();
    return { brokers: broker.bootstrapServers, stop: () => broker.stop() };
  },
};
